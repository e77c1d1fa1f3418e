"""`--out`: a line a row of the file, in its order."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path

from msgspec import Struct, json, structs

from headrace.cluster.cli.failures import BadInput
from headrace.cluster.cli.payfile.items import Mapped, Refused
from headrace.cluster.cli.payfile.sending import Paid, Results


class ResultRow(Struct, omit_defaults=True, gc=False):
    """`status` is the payment's, or `refused` with the problem's code, field and reason."""

    row: int
    """Counted from 1, headers not."""
    idempotency_key: str | None
    status: str
    id: str = ""
    decline_reason: str = ""
    risk_score: int | None = None
    risk_degraded: bool = False
    replayed: bool = False
    code: str = ""
    field: str = ""
    reason: str = ""


def rows(mapped: Mapped, results: Results) -> list[ResultRow]:
    """The rows that have an answer."""
    made = []
    for i, (key, result) in enumerate(zip(mapped.keys, results, strict=True), mapped.first_row):
        if isinstance(result, Paid):
            paid = result.payment
            made.append(
                ResultRow(
                    i, key, paid.status, paid.id, paid.decline_reason or "", paid.risk_score,
                    paid.risk_degraded, result.replayed,
                )
            )  # fmt: skip
        elif isinstance(result, Refused):
            made.append(
                ResultRow(
                    i, key, "refused", code=result.code, field=result.field, reason=result.reason
                )
            )
    return made


Write = Callable[[list[ResultRow]], object]


@contextmanager
def open_results(path: Path | None) -> Iterator[Write | None]:
    """What writes result rows to a file (.csv, otherwise NDJSON), None without one."""
    if path is None:
        yield None
        return
    try:
        file = path.open("wb")
    except OSError as error:
        raise BadInput(f"cannot write {path}: {error.strerror}") from error
    with file:
        if path.suffix.lower() != ".csv":
            encode_lines = json.Encoder().encode_lines
            yield lambda made: file.write(encode_lines(made))
            return
        with TextIOWrapper(file, encoding="utf-8", newline="") as text:
            writer = csv.writer(text)
            writer.writerow(ResultRow.__struct_fields__)
            yield lambda made: writer.writerows(map(_cells, made))


def _cells(row: ResultRow) -> list[object]:
    return [
        "" if value is None else str(value).lower() if isinstance(value, bool) else value
        for value in structs.astuple(row)
    ]
