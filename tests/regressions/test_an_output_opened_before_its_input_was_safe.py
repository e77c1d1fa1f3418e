"""`headrace pay f.csv --out f.csv` truncated the file that it read: a row cut in the middle of
7450.00 settled for 74.00, and the command ended with 0.

| door | input | found or clean |
|---|---|---|
| pay --out | the same spelling, relative, through a folder, symlink, hard link | found |
| pay --out | the input is standard input, redirected from that file | found |
| pay --out | Parquet, NDJSON, JSON, gzip | found |
| pay --out | a file that is no input, but was there: truncated before a row was paid | found |
| pay --out | /dev/stdout, redirected: the counts were written over the first rows | found |
| pay --out | /dev/null, a pipe: nothing to rename | clean, kept so |
| pay | standard output appended to the input | found |
| pay | the input grows, shrinks or is written over while it is read | found |
| pay | the input is replaced by a rename: what was opened is read on | clean |
| events tail, account statement | standard output only | clean |
"""

import gzip
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.paying import lines, paid, results, table
from support.small_platform import SmallPlatform

from headrace.cluster.cli.failures import BadInput
from headrace.cluster.cli.payfile.reading import open_source
from headrace.cluster.cli.payfile.results import open_results


def parquet(path: Path) -> None:
    names, *rows = [line.split(",") for line in table(9).splitlines()]
    columns = map(list, zip(*rows, strict=True))
    pq.write_table(pa.table(dict(zip(names, columns, strict=True))), path)


FORMS: dict[str, Callable[[Path], object]] = {
    "f.csv": lambda path: path.write_text(table(9)),
    "f.ndjson": lambda path: path.write_text(lines(9)),
    "f.json": lambda path: path.write_text("[" + ",".join(lines(9).splitlines()) + "]"),
    "f.csv.gz": lambda path: path.write_bytes(gzip.compress(table(9).encode())),
    "f.parquet": parquet,
}


def symlink(path: Path) -> Path:
    link = path.parent / "link.csv"
    link.symlink_to(path.name)
    return link


def hard_link(path: Path) -> Path:
    link = path.parent / "hard.ndjson"
    link.hardlink_to(path)
    return link


def relative(path: Path) -> Path:
    return Path(os.path.relpath(path))


def roundabout(path: Path) -> Path:
    (path.parent / "sub").mkdir()
    return path.parent / "sub" / ".." / path.name


SPELLINGS = [Path, symlink, hard_link, relative, roundabout]


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("spelled", SPELLINGS)
async def test_an_output_that_is_the_input_is_refused_before_anything_is_sent(
    tmp_path: Path, name: str, spelled: Callable[[Path], Path]
) -> None:
    file = tmp_path / name
    FORMS[name](file)
    before = file.read_bytes()
    platform = SmallPlatform()
    ended = await paid(platform, file, out=spelled(file))
    assert (ended.code, platform.payments, platform.accounts) == (2, {}, {})
    assert "the input" in ended.message
    assert file.read_bytes() == before


def run(arguments: list[str], **streams: Any) -> subprocess.CompletedProcess[bytes]:
    """The real command, which must refuse before it looks for a platform."""
    return subprocess.run(
        [sys.executable, "-m", "headrace.cluster.cli", "pay", *arguments,
         "--url", "http://127.0.0.1:1", "--api-key", "hr_x", "--patience", "0"],
        timeout=60, check=False, stderr=subprocess.PIPE, **streams,
    )  # fmt: skip


def test_standard_input_from_the_output_file_is_the_same_file(tmp_path: Path) -> None:
    file = tmp_path / "f.csv"
    file.write_text(table(3))
    with file.open("rb") as stdin:
        done = run(["-", "--format", "csv", "--out", str(file)], stdin=stdin)
    assert (done.returncode, file.read_text()) == (2, table(3))
    assert b"the input" in done.stderr


def test_standard_output_appended_to_the_input_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "f.csv"
    file.write_text(table(3))
    with file.open("ab") as stdout:
        done = run([str(file), "--json"], stdout=stdout)
    assert (done.returncode, b"standard output is the input" in done.stderr) == (2, True)


async def test_what_stood_there_stays_until_all_is_paid(tmp_path: Path) -> None:
    file, out = tmp_path / "f.ndjson", tmp_path / "out.ndjson"
    file.write_text(lines(30))
    out.write_text("yesterday's\n")
    out.chmod(0o640)
    link = tmp_path / "latest.ndjson"
    link.symlink_to(out.name)
    seen = []
    platform = SmallPlatform()
    platform.fault = lambda after, items: seen.append(out.read_text())
    await paid(platform, file, out=link, batch=10, in_flight=1)
    assert seen == ["yesterday's\n"] * 6
    assert [told["row"] for told in results(out)] == list(range(1, 31))
    assert (link.is_symlink(), out.stat().st_mode & 0o777) == (True, 0o640)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "f.ndjson", "latest.ndjson", "out.ndjson"
    ]  # fmt: skip


def test_an_output_that_is_no_file_is_written_as_it_is(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    for path in (fifo, Path("/dev/null")):
        with open_results(path, None) as write:
            assert write is not None
            write([])
    os.close(reader)
    assert [path.name for path in tmp_path.iterdir()] == ["fifo"]


def test_redirected_standard_output_holds_rows_and_counts(tmp_path: Path) -> None:
    file, out = tmp_path / "f.csv", tmp_path / "out"
    file.write_text(table(3).replace(",EUR", ",XXQ"))
    with out.open("wb") as stdout:
        run([str(file), "--out", "/dev/stdout", "--json"], stdout=stdout)
    told = results(out)
    assert [line.get("row") for line in told] == [1, 2, 3, None]
    assert told[3]["refused"] == 3


def grown(path: Path) -> None:
    with path.open("a") as more:
        more.write("k,a,b,1.00,EUR\n")


CHANGES: dict[str, Callable[[Path], object]] = {
    "grown": grown,
    "cut": lambda path: os.truncate(path, path.stat().st_size - 20),
    "written over": lambda path: path.write_text(path.read_text().replace("customer", "Customer")),
}


@pytest.mark.parametrize("how", CHANGES)
async def test_an_input_that_changes_while_it_is_read_ends_with_a_word(
    tmp_path: Path, how: str
) -> None:
    file, out = tmp_path / "f.csv", tmp_path / "out.ndjson"
    file.write_text(table(300))
    platform = SmallPlatform()
    changed: list[str] = []

    def fault(after: bool, items: list[Any]) -> None:
        if not changed:
            changed.append(how)
            CHANGES[how](file)

    platform.fault = fault
    ended = await paid(platform, file, out=out, batch=10, in_flight=1)
    assert ended.code == 2
    assert "changed while it was read" in ended.message
    assert 10 <= ended.told["submitted"] == len(platform.payments) == len(results(out)) < 300
    assert not [key for key in platform.accounts if key.startswith("C")]


def test_a_change_after_the_last_row_was_read_is_told_too(tmp_path: Path) -> None:
    file = tmp_path / "f.csv"
    file.write_text(table(3))
    source = open_source(str(file), None, 10)
    chunks = source.chunks(None)
    next(chunks)
    grown(file)
    with pytest.raises(BadInput, match="changed while it was read"):
        next(chunks)


def test_a_file_that_another_is_renamed_to_is_read_as_it_was(tmp_path: Path) -> None:
    file, other = tmp_path / "f.csv", tmp_path / "other"
    file.write_text(table(300))
    other.write_text("nothing of this")
    source = open_source(str(file), None, 100)
    other.rename(file)
    assert sum(chunk.size for chunk in source.chunks(None)) == 300
