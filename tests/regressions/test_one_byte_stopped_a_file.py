"""One byte that is no UTF-8 in row 3,501 of 5,000: 3,000 rows were paid, then the command ended and
named line 3417.

| door | input | found or clean |
|---|---|---|
| pay CSV | a byte of cp1252 in a row | found |
| pay JSON array | the same, which named the item before | found |
| pay NDJSON | the same: refused, without a place | found |
| pay | half a UTF-16 pair, a truncated character at the end | found |
| pay | bytes that the encoding given does not know (cp1252's 0x81) | found |
| pay CSV | a quote too many on a line ended the file | found |
| pay CSV | a quote that is never closed: where rows begin is not sure, and the file ends | clean |
| pay | row numbers left blank lines out | found |
| pay --out | rows of several lines: `line` | found |
| pay CSV | a byte in the header: nothing is paid | clean |
| pay Parquet | a dictionary of text that is no UTF-8: the file ends with a word | clean |
| pay Parquet | text that is no UTF-8, dates past 9999, nanoseconds, a name twice | found |
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.paying import HEADER, lines, paid, results, table
from support.small_platform import SmallPlatform

SIZE, AT = 500, 351


def spoiled(text: str, codec: str, bad: bytes) -> bytes:
    """With bytes that are no text in the debtor of a row."""
    before, key, after = text.partition(f"k{AT}")
    head, customer, tail = after.partition("customer")
    rest = tail.encode("utf-16-le" if codec == "utf-16" else codec)
    return (before + key + head + customer).encode(codec) + bad + rest


CASES: dict[str, tuple[str, str, str, bytes, dict[str, str]]] = {
    "csv": ("f.csv", table(SIZE), "utf-8", b"\xe9", {}),
    "csv, cut character": ("f.csv", table(SIZE), "utf-8", b"\xe2\x82", {}),
    "csv, surrogate": ("f.csv", table(SIZE), "utf-8", b"\xed\xa0\x80", {}),
    "csv, cp1252": ("f.csv", table(SIZE), "cp1252", b"\x81", {"encoding": "cp1252"}),
    "csv, utf-16": ("f.csv", table(SIZE), "utf-16", b"\x00\xdc", {}),
    "ndjson": ("f.ndjson", lines(SIZE), "utf-8", b"\xe9", {}),
    "ndjson, utf-16": ("f.ndjson", lines(SIZE), "utf-16", b"\x00\xdc", {}),
    "json": ("f.json", "[" + ",\n".join(lines(SIZE).splitlines()) + "]", "utf-8", b"\xe9", {}),
}


@pytest.mark.parametrize("case", CASES)
async def test_the_row_is_refused_with_its_place_and_the_rest_paid(
    tmp_path: Path, case: str
) -> None:
    name, text, codec, bad, options = CASES[case]
    file, out = tmp_path / name, tmp_path / "out.ndjson"
    file.write_bytes(spoiled(text, codec, bad))
    ended = await paid(SmallPlatform(), file, out=out, batch=100, **options)
    assert (ended.code, ended.told["settled"], ended.told["refused"]) == (0, SIZE - 1, 1)
    refused = next(line for line in results(out) if line["status"] == "refused")
    line = AT + (name == "f.csv")
    column = text.splitlines()[line - 1].index("customer") + len("customer") + 1
    assert (refused["row"], refused["code"]) == (AT, "malformed_row")
    assert f"line {line}, column {column}: byte 0x" in refused["reason"]
    assert refused.get("line") == (None if name == "f.json" else line)
    assert ("cp1252" in refused["reason"]) == (codec in ("utf-8", "cp1252"))


async def test_a_byte_in_the_header_is_told_before_anything_is_paid(tmp_path: Path) -> None:
    file = tmp_path / "f.csv"
    file.write_bytes(table(3).encode().replace(b"currency", b"w\xe4hrung"))
    platform = SmallPlatform()
    ended = await paid(platform, file)
    assert (ended.code, platform.payments) == (2, {})
    assert "header, line 1" in ended.message


async def test_a_quote_too_many_spoils_its_row_alone(tmp_path: Path) -> None:
    file, out = tmp_path / "f.csv", tmp_path / "out.ndjson"
    rows = table(5).splitlines()
    rows[3] = rows[3].replace("customer-3", '"customer"-3')
    file.write_text("\n".join(rows))
    ended = await paid(SmallPlatform(), file, out=out)
    assert [line["status"] for line in results(out)] == [
        "settled", "settled", "refused", "settled", "settled"
    ]  # fmt: skip
    assert "line 4" in results(out)[2]["reason"]
    assert ended.code == 0


async def test_where_rows_begin_is_never_guessed(tmp_path: Path) -> None:
    file, out = tmp_path / "f.csv", tmp_path / "out.ndjson"
    rows = table(5).splitlines()
    # the second line of a field looks like a row
    rows[3] = 'k3,"customer"-3,"shop\nk9,customer-1,shop-1,9.00,EUR\n",1.03,EUR'
    file.write_text("\n".join(rows))
    platform = SmallPlatform()
    ended = await paid(platform, file, out=out)
    assert (ended.code, sorted(platform.payments)) == (2, ["k1", "k2"])
    assert "row 3, line 4" in ended.message


async def test_blank_lines_have_numbers_too(tmp_path: Path) -> None:
    csv = HEADER + '\n\nk1,customer-1,"shop\n1",1.00,EUR\n   \n\nk2,customer-2,shop-2,0.00,EUR\n'
    ndjson = "\n" + lines(1) + "  \n\n" + '{"amount": 0}' + "\n"
    told = {}
    for name, text in (("f.csv", csv), ("f.ndjson", ndjson)):
        file, out = tmp_path / name, tmp_path / f"out-{name}"
        file.write_text(text)
        await paid(SmallPlatform(), file, out=out, batch=1)
        told[name] = [(int(line["row"]), int(line["line"])) for line in results(out)]
    # CSV: a header, a blank row, a row on two lines, two blank ones, a row
    assert told == {"f.csv": [(2, 3), (5, 7)], "f.ndjson": [(2, 2), (5, 5)]}


def unreadable() -> dict[str, pa.Array]:
    """A value that Python can't hold, behind one that it can."""
    text = pa.array([b"a", b"\xff\xfe"])
    twice = [pa.array(["1", "2"]), pa.array(["1", "2"])]
    return {
        "text": pa.Array.from_buffers(pa.string(), 2, text.buffers()),
        "date32": pa.array([17_000, 10**8], pa.date32()),
        "time": pa.array([1_000, 1], pa.time64("ns")),
        "duration": pa.array([1_000, 1], pa.duration("ns")),
        "struct": pa.StructArray.from_arrays(twice, names=["a", "a"]),
    }


@pytest.mark.parametrize("kind", unreadable())
async def test_a_value_that_cannot_be_read_spoils_its_row_alone(tmp_path: Path, kind: str) -> None:
    file, out = tmp_path / "f.parquet", tmp_path / "out.ndjson"
    columns = {"idempotency_key": ["k1", "k2", "k3"], "debtor": ["a"] * 3, "creditor": ["b"] * 3}
    column = unreadable()[kind]
    column = pa.concat_arrays([column, column.slice(0, 1)])
    columns |= {"amount": ["1"] * 3, "currency": ["EUR"] * 3}
    pq.write_table(pa.table(columns | {"description": column}), file)
    ended = await paid(SmallPlatform(), file, out=out)
    told = [(line["row"], line["status"]) for line in results(out)]
    readable = "refused" if kind in ("duration", "struct") else "settled"
    assert told == [(1, readable), (2, "refused"), (3, readable)]
    assert "description" in (results(out)[1]["reason"] + results(out)[1].get("field", ""))
    assert ended.told["refused"] == (3 if readable == "refused" else 1)


async def test_a_column_whose_name_is_no_text_is_told_before_anything_is_paid(
    tmp_path: Path,
) -> None:
    file = tmp_path / "f.parquet"
    pq.write_table(pa.table({"currency": ["EUR"]}), file, store_schema=False)
    file.write_bytes(file.read_bytes().replace(b"currency", b"cur\xacency"))
    ended = await paid(SmallPlatform(), file)
    assert (ended.code, f"cannot read {file}" in ended.message) == (2, True)
