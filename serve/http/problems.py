"""Every refusal in HTTP: status, title and what a caller can do (RFC 9457 problem details).

Each area declares the rows of its refusals in a module of its own, and they are gathered here. The
table is the only place that knows a refusal's status; /problems/<code> shows each row.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from headrace.runtime.payments.answer import Refused
from headrace.runtime.refusals import Refusal
from headrace.serve.http.own_problems import OWN_PROBLEMS
from headrace.serve.http.problem_type import ProblemType

SPINE = range(1, 100)
"""The numbers that the first areas share, because their order is the order of precedence. Any other
area has a range to itself, of an enum of its own."""
RETRY_AFTER_S: dict[int, int] = {Refusal.OVERLOADED: 1, Refusal.UNAVAILABLE: 2}
PROBLEMS: dict[int, ProblemType] = {}
"""Of all areas whose modules are imported, in the order of the refusals' numbers."""
CODES: dict[int, str] = {}
"""What each refusal is called on the wire."""
REFUSALS: dict[int, IntEnum] = {}
"""Each refusal by its number alone, as answers bring it."""
_RANGES: dict[str, range] = {}
_Rows = Mapping[IntEnum, ProblemType]


class FieldError(Struct, frozen=True):
    """Which part of a request is wrong, and why."""

    field: Annotated[str, Meta(description="Path into the body, or a parameter or header.")]
    reason: str


class ProblemDetails(Struct, omit_defaults=True, frozen=True):
    """RFC 9457. `title` and `detail` are for people."""

    type: Annotated[str, Meta(description="Address of the page that explains the code.")]
    title: str
    status: Annotated[int, Meta(ge=400, le=599)]
    code: Annotated[
        str,
        Meta(
            description="Which problem it is, of those in `ProblemCode`; it never changes. More may"
            " come, so go by `status` where you do not know one."
        ),
    ]
    detail: str | UnsetType = UNSET
    errors: list[FieldError] | UnsetType = UNSET


class Problem(Exception):
    """A request is turned down; the door answers it in its own form.

    `field` says which part of the request is to blame, `detail` what is wrong with it.
    """

    def __init__(
        self,
        refusal: IntEnum,
        detail: str = "",
        field: str = "",
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        super().__init__(refusal, detail, field, headers)
        self.refusal = refusal
        self.detail = detail
        self.field = field
        self.headers = headers


def declare(area: str, rows: _Rows, numbers: range = SPINE) -> _Rows:
    """Adds an area's rows to the table, and returns them. Raises ValueError where a number lies
    outside the area's own, or a number or code is another's."""
    for other, taken in _RANGES.items():
        shared = numbers == taken == SPINE
        if other == area or (not shared and set(numbers) & set(taken)):
            raise ValueError(f"refusals {numbers} of {area} are those of {other}")
    for refusal in rows:
        code = refusal.name.lower()
        if refusal not in numbers:
            raise ValueError(f"{area}: {code} has number {refusal:d}, outside {numbers}")
        if refusal in PROBLEMS or code in CODES.values():
            raise ValueError(f"{area}: {code} ({refusal:d}) is declared already")
    _RANGES[area] = numbers
    for refusal, row in rows.items():
        PROBLEMS[refusal] = row
        CODES[refusal] = refusal.name.lower()
        REFUSALS[refusal] = refusal
    for table in (PROBLEMS, CODES, REFUSALS):
        _sort(table)
    return rows


def _sort(table: dict[int, Any]) -> None:
    rows = sorted(table.items())
    table.clear()
    table.update(rows)


def details(refusal: int, detail: str = "", field: str = "") -> ProblemDetails:
    """The body that tells a caller about a refusal."""
    row = PROBLEMS[refusal]
    reason = detail or row.title
    return ProblemDetails(
        f"/problems/{CODES[refusal]}",
        row.title,
        row.status,
        CODES[refusal],
        detail or UNSET,
        [FieldError(field, reason)] if field else UNSET,
    )


def of_answer(answer: Refused) -> ProblemDetails:
    """The body that tells about a partition's refusal."""
    return details(answer.refusal, answer.detail, answer.field)


def problem(answer: Refused) -> Problem:
    """A partition's refusal, to be raised."""
    return Problem(REFUSALS[answer.refusal], answer.detail, answer.field)


declare("http", OWN_PROBLEMS)
