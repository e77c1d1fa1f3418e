"""What lists have in common."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from headrace.runtime.ledger.cursors import InvalidCursor, OfAnotherHistory
from headrace.runtime.refusals import Refusal
from headrace.serve.http.problems import Problem


class ListQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which page. Parameters left out are UNSET: None could be asked for as `null`."""

    cursor: (
        Annotated[
            str,
            Meta(min_length=1, max_length=256, description="`next_cursor` of the page before."),
        ]
        | UnsetType
    ) = UNSET
    limit: Annotated[int, Meta(ge=1, le=1000, description="Items a page.")] = 100


NextCursor = Annotated[
    str | None, Meta(description="`cursor` of the next page; null where the list ends.")
]


def invalid_cursor(error: InvalidCursor) -> Problem:
    """The problem of a cursor that is no page's end of this list, or of another history."""
    if isinstance(error, OfAnotherHistory):
        return Problem(Refusal.OTHER_HISTORY, field="cursor")
    return Problem(Refusal.INVALID_FIELD, "is not a cursor of this list", "cursor")
