"""NDJSON with a byte order mark, as PowerShell writes it: the first payment was refused and the
command ended with 0, while CSV and JSON arrays skipped the mark.

| door | input | found or clean |
|---|---|---|
| pay | UTF-8's mark before NDJSON | found |
| pay | UTF-16's and UTF-32's marks before each text form | found |
| pay | two marks: one is skipped, the other is text | clean |
| pay | white space on a line: skipped in NDJSON, a broken row in CSV | found |
| pay | an array's NaN, past which NDJSON is refused | found |
| pay | an array's name given twice, lone surrogate, number of 5,000 digits | found |
| pay | capitals and blanks in names of columns: Parquet as CSV | found |
| pay | standard input and gzip, as a file | found |
| POST /v1/payment-batches | a mark before JSON and NDJSON | looked at beside the gateway |
"""

import gzip
import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from support.paying import Ended, lines, paid, results, row, table
from support.small_platform import SmallPlatform

from headrace.cluster.cli.payfile.fileformat import FileFormat
from headrace.cluster.cli.payfile.inputfile import InputFile

FORMS: dict[str, str] = {
    "f.csv": table(3),
    "f.ndjson": lines(3),
    "f.json": "[\n" + ",\n".join(lines(3).splitlines()) + "\n]\n",
}
ENCODED: dict[str, Callable[[str], bytes]] = {
    "utf-8": lambda text: text.encode(),
    "utf-8, marked": lambda text: text.encode("utf-8-sig"),
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16-be, marked": lambda text: ("\ufeff" + text).encode("utf-16-be"),
    "utf-32": lambda text: text.encode("utf-32"),
    "crlf": lambda text: text.replace("\n", "\r\n").encode("utf-8-sig"),
    "no line end at its end": lambda text: text.rstrip("\n").encode("utf-8-sig"),
    "gzip": lambda text: gzip.compress(text.encode("utf-8-sig")),
    "gzip in members": lambda text: b"".join(gzip.compress(byte) for byte in _cut(text)),
}


def _cut(text: str) -> list[bytes]:
    data = text.encode()
    return [data[i : i + 50] for i in range(0, len(data), 50)]


@pytest.mark.parametrize("encoded", ENCODED)
@pytest.mark.parametrize("name", FORMS)
async def test_every_text_form_takes_what_declares_itself(
    tmp_path: Path, name: str, encoded: str
) -> None:
    file = tmp_path / name
    file.write_bytes(ENCODED[encoded](FORMS[name].replace("customer", "kunde")))
    platform = SmallPlatform()
    ended = await paid(platform, file)
    assert (ended.code, ended.told["settled"]) == (0, 3), ended
    assert {p["item"]["debtor"] for p in platform.payments.values()} == {
        "kunde-1", "kunde-2", "kunde-3"
    }  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
async def test_a_second_mark_is_text(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(("\ufeff\ufeff" + FORMS[name]).encode())
    platform = SmallPlatform()
    ended = await paid(platform, file)
    assert (ended.code, len(platform.payments)) in [(2, 0), (0, 2)]


@pytest.mark.parametrize("name", FORMS)
async def test_encodings_without_a_mark_are_given(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    for encoding in ("utf-16-le", "utf-16-be"):
        file.write_bytes(FORMS[name].encode(encoding))
        platform = SmallPlatform()
        unsaid = await paid(platform, file)
        assert (unsaid.code, platform.payments) == (2, {})
        assert f"--encoding {encoding}" in unsaid.message
        said = await paid(platform, file, encoding=encoding)
        assert (said.code, said.told["settled"]) == (0, 3)
    file.write_bytes(FORMS[name].encode("utf-8-sig"))
    against = await paid(SmallPlatform(), file, encoding="cp1252")
    assert (against.code, "says itself that it is utf-8" in against.message) == (2, True)


async def test_standard_input_is_read_as_a_file_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = tmp_path / "packed"
    for name, text in FORMS.items():
        for encode in ENCODED.values():
            packed.write_bytes(encode(text))
            with packed.open("rb") as stdin:
                monkeypatch.setattr("sys.stdin", io.TextIOWrapper(stdin))
                ended = await paid(
                    SmallPlatform(), "-", file_format=FileFormat(name.partition(".")[2])
                )
                assert ended.told["settled"] == 3


def damaged() -> list[bytes]:
    """Cut, written over, and with a checksum that is not its text's."""
    packed = gzip.compress(table(900).encode(), 1)
    half = packed[: len(packed) // 2]
    return [half, half + bytes(1_000), packed[:-8] + bytes(4) + packed[-4:]]


@pytest.mark.parametrize("packed", damaged())
async def test_a_damaged_gzip_pays_nothing(tmp_path: Path, packed: bytes) -> None:
    file = tmp_path / "f.csv.gz"
    file.write_bytes(packed)
    platform = SmallPlatform()
    ended = await paid(platform, file, batch=100)
    assert (ended.code, platform.payments, str(file) in ended.message) == (2, {}, True)


async def test_a_damaged_gzip_in_a_pipe_tells_what_was_paid(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads, writes = os.pipe()
    os.write(writes, damaged()[0])
    os.close(writes)
    with os.fdopen(reads, "rb") as stdin:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(stdin))
        platform = SmallPlatform()
        ended = await paid(platform, "-", file_format=FileFormat.CSV, batch=100)
    assert (ended.code, "ends too early for gzip after row" in ended.message) == (2, True)
    assert 0 < ended.told["submitted"] == len(platform.payments) < 900


BROKEN: dict[str, str] = {
    "no number": '{"metadata": {"a": NaN}}',
    "twice": '{"amount": 1, "amount": 777}',
    "twice within": '{"metadata": {"a": "1", "a": "2"}}',
    "twice by escape": r'{"amount": 1, "\u0061mount": 777}',
    "lone surrogate": r'{"description": "\ud800"}',
    "many digits": '{"amount": ' + "9" * 5_000 + "}",
    "no object": "[1]",
    "control character": '{"description": "\x01"}',
}


@pytest.mark.parametrize("what", BROKEN)
async def test_a_line_and_an_item_are_refused_alike(tmp_path: Path, what: str) -> None:
    told: dict[str, Ended] = {}
    for name, form in (("f.ndjson", "{0}\n{1}\n{2}\n"), ("f.json", "[{0},{1},\n{2}]")):
        file, out = tmp_path / name, tmp_path / f"out-{name}"
        whole = [json.dumps(row(i)) for i in (1, 2, 3)]
        middle = BROKEN[what]
        if middle.startswith("{") and "amount" not in middle:
            middle = whole[1][:-1] + "," + middle[1:]
        elif middle.startswith("{"):
            middle = whole[1].replace('"amount": 102', middle[1:-1])
        file.write_text(form.format(whole[0], middle, whole[2]))
        told[name] = await paid(SmallPlatform(), file, out=out)
        statuses = [line["status"] for line in results(out)]
        if what == "control character" and name == "f.json":
            assert told[name].code == 2  # where the item ends is not sure
            continue
        assert statuses == ["settled", "refused", "settled"], told[name]
    names = "twice" in what
    assert not names or "given twice" in results(out)[1]["reason"]


def test_what_is_no_text_is_named_for_what_it_is(tmp_path: Path) -> None:
    file = tmp_path / "f.csv"
    for begins, said in (
        (b"PK\x03\x04", "Excel"),
        (b"PAR1", "Parquet"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
    ):
        file.write_bytes(begins + b"abc")
        with pytest.raises(Exception, match=said):
            InputFile(str(file)).text_bytes()
