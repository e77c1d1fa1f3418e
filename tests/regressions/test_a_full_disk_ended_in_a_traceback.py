"""`headrace pay --out` on a full disk ended in a hundred lines of traceback, and nothing told what
had been paid.

| door | input | found or clean |
|---|---|---|
| pay --out | a device that takes nothing, a file that may grow no more | found |
| pay --out | a folder that is not there, cannot be written, is a file | clean |
| pay | standard output full, closed, without a reader | found |
| pay | standard error full, closed, without a reader: a message ended the run | found |
| pay | standard input closed | found |
| pay | the file cannot be read on, is a folder, is not there | found |
| other commands | looked at with what they print | clean |
"""

import asyncio
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.paying import lines, paid, table
from support.small_platform import SmallPlatform

FULL = Path("/dev/full")
NO_MORE_BYTES = 4096


async def test_an_output_that_takes_nothing_tells_what_was_paid(tmp_path: Path) -> None:
    file = tmp_path / "f.ndjson"
    file.write_text(lines(3_000))
    platform = SmallPlatform()
    ended = await paid(platform, file, out=FULL, batch=100, in_flight=2)
    assert ended.code == 1
    assert "cannot write /dev/full: No space left on device" in ended.message
    assert f"so far {len(platform.payments):,} settled" in ended.message
    assert 0 < ended.told["settled"] == len(platform.payments) < 3_000


async def test_what_fits_into_a_buffer_fails_at_its_end(tmp_path: Path) -> None:
    file = tmp_path / "f.ndjson"
    file.write_text(lines(2))
    ended = await paid(SmallPlatform(), file, out=FULL)
    assert (ended.code, ended.told["settled"]) == (1, 2)
    assert "so far 2 settled; moved: 2.03 EUR" in ended.message


PLACES: dict[str, Callable[[Path], Path]] = {
    "no folder": lambda path: path / "none" / "out.csv",
    "below a file": lambda path: path / "f.csv" / "out.csv",
    "a long name": lambda path: path / ("x" * 300),
}


@pytest.mark.parametrize("place", PLACES)
async def test_an_output_that_cannot_be_opened_pays_nothing(tmp_path: Path, place: str) -> None:
    file = tmp_path / "f.csv"
    file.write_text(table(3))
    platform = SmallPlatform()
    ended = await paid(platform, file, out=PLACES[place](tmp_path))
    assert (ended.code, platform.payments) == (2, {})
    assert "cannot write" in ended.message


@pytest.mark.parametrize("name", ["f.csv", "f.ndjson", "f.json", "f.parquet"])
async def test_a_folder_is_no_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    for path in (tmp_path / name, tmp_path / f"no-{name}"):
        ended = await paid(SmallPlatform(), path)
        assert (ended.code, f"cannot read {path}" in ended.message) == (2, True)


async def test_a_file_that_cannot_be_read_on_tells_what_was_paid(tmp_path: Path) -> None:
    """The kernel has no such page of itself."""
    ended = await paid(SmallPlatform(), "/proc/self/mem", file_format="ndjson")
    assert (ended.code, "cannot read /proc/self/mem" in ended.message) == (2, True)


def run(shell: str, file: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """The real command under a shell's redirections, over rows that are refused here."""
    command = f"{sys.executable} -m headrace.cluster.cli pay {file} {shell}"
    away = {"HEADRACE_URL": "http://127.0.0.1:1", "HEADRACE_API_KEY": "hr_x"}
    return subprocess.run(
        ["bash", "-c", command], env=os.environ | away, timeout=60, check=False, text=True,
        capture_output=True, **options,
    )  # fmt: skip


@pytest.fixture
def refused(tmp_path: Path) -> Path:
    file = tmp_path / "f.csv"
    file.write_text(table(300).replace("EUR", "XXQ"))
    return file


@pytest.mark.parametrize("shell", ["--json > /dev/full", ">&-"])
async def test_what_standard_output_does_not_take_is_told_beside_it(
    tmp_path: Path, shell: str
) -> None:
    file = tmp_path / "f.csv"
    file.write_text(table(3))
    platform = SmallPlatform()
    platform.crossing = False
    async with platform.served() as url:
        shell = f"--open-missing 9.00 --url {url} {shell}"
        done = await asyncio.to_thread(run, shell, file)
    assert done.returncode == 1
    assert '"settled":3' in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("shell", ["--json 2> /dev/full", "--json 2>&-"])
def test_messages_that_nobody_takes_end_nothing(refused: Path, shell: str) -> None:
    done = run(shell, refused)
    assert (done.returncode, json.loads(done.stdout)["refused"]) == (1, 300)


def test_closed_standard_input_is_said() -> None:
    done = run("--format csv <&-", Path("-"))
    assert (done.returncode, "standard input is closed" in done.stderr) == (2, True)


def test_a_file_that_may_grow_no_more(refused: Path) -> None:
    out = refused.parent / "out.ndjson"
    out.write_text("yesterday's\n")

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (NO_MORE_BYTES, NO_MORE_BYTES))

    done = run(f"--out {out} --batch 10", refused, preexec_fn=bound)
    assert (done.returncode, out.read_text()) == (1, "yesterday's\n")
    assert "File too large" in done.stderr
    assert "refused" in done.stderr
    (part,) = refused.parent.glob("out.ndjson.*.part")
    assert part.name in done.stderr
    assert 0 < part.stat().st_size <= NO_MORE_BYTES
