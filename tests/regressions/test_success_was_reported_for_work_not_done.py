"""Every row of a file was refused, the exit code was 0, and the nightly job filed it away.

| door | input | found or clean |
|---|---|---|
| pay | every row refused here, by the platform, as broken rows | found |
| pay | every row declined | found |
| pay | a single payment among refusals: 0, unless --fail-on says otherwise | clean |
| pay | rows held for capture or in review | clean |
| pay | run again: what was accepted before still is | clean |
| pay | a file without rows: there was nothing to do | clean |
| payment, account, leg, key: a single thing refused | exit 1 | clean |
| up --play | tells its counts | clean |
"""

import json
from pathlib import Path
from typing import Any

import pytest
from support.paying import HEADER, paid, row
from support.small_platform import SmallPlatform

DECLINED = 10**12


async def ended(
    tmp_path: Path,
    rows: list[dict[str, Any]],
    platform: SmallPlatform | None = None,
    **options: Any,
) -> tuple[int, dict[str, Any]]:
    file = tmp_path / "f.ndjson"
    file.write_text("".join(json.dumps(item) + "\n" for item in rows))
    done = await paid(platform, file, **options)
    return done.code, done.told


CASES: dict[str, tuple[list[dict[str, Any]], list[str], int]] = {
    "all refused here": ([row(1, amount=0), row(2, currency="XXQ")], [], 1),
    "all refused there": ([row(1, debtor="a", creditor="a", amount=10**16)], [], 1),
    "all broken": ([{"x": 1}], [], 1),
    "all declined": ([row(1, amount=DECLINED), row(2, amount=DECLINED)], [], 1),
    "refused and declined": ([row(1, amount=DECLINED), row(2, amount=0)], [], 1),
    "one settled": ([row(1), row(2, amount=0), row(3, amount=DECLINED)], [], 0),
    "one in review": ([row(1, metadata={"review": "yes"}), row(2, amount=0)], [], 0),
    "one held": ([row(1, capture="manual"), row(2, amount=0)], [], 0),
    "nothing to do": ([], [], 0),
    "fail on refused": ([row(1), row(2, amount=0)], ["refused"], 1),
    "fail on refused, none is": ([row(1), row(3, amount=DECLINED)], ["refused"], 0),
    "fail on both": ([row(1), row(3, amount=DECLINED)], ["refused,declined"], 1),
    "fail on each": ([row(1), row(3, amount=DECLINED)], ["refused", "declined"], 1),
    "fail on repeated": ([row(1), row(1)], ["repeated_in_file"], 1),
    "fail on review": ([row(1, metadata={"review": "yes"})], ["in_review"], 1),
    "all settled": ([row(1)], ["refused,declined"], 0),
}


@pytest.mark.parametrize("case", CASES)
async def test_the_exit_code_tells(
    tmp_path: Path, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows, fail_on, code = CASES[case]
    platform = SmallPlatform()
    for _ in ("first", "again"):
        done, told = await ended(tmp_path, rows, platform, fail_on=fail_on)
        assert (done, told["submitted"]) == (code, len(rows))
    said = capsys.readouterr().err
    assert bool(said) == bool(code)
    assert ("nothing was accepted" in said) == (case.startswith(("all r", "all b", "all d", "ref")))


async def test_what_to_fail_on_is_one_of_the_counts(tmp_path: Path) -> None:
    platform = SmallPlatform()
    code, _ = await ended(tmp_path, [row(1)], platform, fail_on=["refusd"])
    assert (code, platform.payments) == (2, {})


async def test_a_table_of_refusals_is_no_success_either(tmp_path: Path) -> None:
    file = tmp_path / "f.csv"
    file.write_text(f"{HEADER}\nk1,a,b,no,EUR\n")
    done = await paid(SmallPlatform(), file)
    assert (done.code, done.told["refused"]) == (1, 1)
