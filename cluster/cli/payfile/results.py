"""`--out`: a line a row of the file, in its order."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

from msgspec import Struct, json, structs

from headrace.cluster.cli.payfile.inputfile import Identity
from headrace.cluster.cli.payfile.items import Mapped, Refused
from headrace.cluster.cli.payfile.outputfile import open_output, refuse_the_input
from headrace.cluster.cli.payfile.sending import Paid, Results
from headrace.cluster.cli.payfile.summary import Repeats
from headrace.serve.http.csv_table import cell


class ResultRow(Struct, omit_defaults=True, gc=False):
    """`status` is the payment's, or `refused` with the problem's code, field and reason."""

    row: int
    """Counted from 1: headers not, blank ones too."""
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
    line: int | None = None
    """Of the file, on which the row begins."""
    repeats_row: int | None = None
    """The row that had the key before, whose payment this one's answer is about."""


def rows(mapped: Mapped, results: Results, repeats: Repeats) -> list[ResultRow]:
    """The rows that have an answer."""
    made = []
    lines: Sequence[int | None] = mapped.lines or [None] * len(results)
    numbered = zip(mapped.rows, lines, mapped.keys, results, strict=True)
    for i, (row, line, key, result) in enumerate(numbered):
        if isinstance(result, Paid):
            paid = result.payment
            told = ResultRow(
                row, key, paid.status, paid.id, paid.decline_reason or "", paid.risk_score,
                paid.risk_degraded, result.replayed, line=line, repeats_row=repeats.get(i),
            )  # fmt: skip
        elif isinstance(result, Refused):
            told = ResultRow(
                row, key, "refused", code=result.code, field=result.field, reason=result.reason,
                line=line, repeats_row=repeats.get(i),
            )  # fmt: skip
        else:
            continue
        made.append(told)
    return made


Write = Callable[[list[ResultRow]], object]


@contextmanager
def open_results(path: Path | None, source: Identity | None) -> Iterator[Write | None]:
    """What writes result rows to a file (.csv, otherwise NDJSON) other than the one that is paid,
    None without one."""
    refuse_the_input(path, source)
    if path is None:
        yield None
        return
    as_csv = path.suffix.lower() == ".csv"
    with open_output(path) as write:
        if as_csv:
            write(_csv([ResultRow.__struct_fields__]))
        encode = _csv_rows if as_csv else json.Encoder().encode_lines
        yield lambda made: write(encode(made))


def _csv_rows(rows: list[ResultRow]) -> bytes:
    return _csv(map(_cells, rows))


def _csv(lines: Iterable[Sequence[object]]) -> bytes:
    text = StringIO(newline="")
    csv.writer(text).writerows(lines)
    return text.getvalue().encode()


def _cells(row: ResultRow) -> list[object]:
    """As a spreadsheet shows it and doesn't carry it out."""
    return [
        "" if value is None else str(value).lower() if isinstance(value, bool) else cell(value)
        for value in structs.astuple(row)
    ]
