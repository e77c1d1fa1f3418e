"""A spreadsheet made two ids 1.23457E+17: `headrace pay` told `settled 2`, and one was paid.

| door | input | found or clean |
|---|---|---|
| pay | the same row twice, in one batch, in two, in a run again | found |
| pay | a key twice with other fields: key_reused, without a reason or the first row | found |
| pay | keys that a template or a tool made one: whole floats, text | found |
| pay, several batches out at once | which of two rows was paid depended on who came first | found |
| pay | three and more rows, and again after an interruption | found |
| pay | a first row that the platform refuses: the second is a payment of its own | clean |
| POST /v1/payment-batches | a key twice is duplicate_key_in_batch | clean |
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.paying import paid, results, row
from support.small_platform import SmallPlatform

from headrace.cluster.cli.payfile.repeats import PaidKeys

COUNTS = ("submitted", "settled", "refused", "repeated_in_file", "replayed")


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(item) + "\n" for item in rows))
    return path


@pytest.mark.parametrize("batch", [1, 2, 3, 10])
@pytest.mark.parametrize("suffix", ["ndjson", "csv"])
async def test_a_row_repeated_is_counted_apart(tmp_path: Path, batch: int, suffix: str) -> None:
    rows = [row(1), row(2), row(1), row(3), row(1), row(2, amount=7)]
    file, out = write(tmp_path / "f.ndjson", *rows), tmp_path / f"out.{suffix}"
    platform = SmallPlatform()
    first = await paid(platform, file, batch=batch, out=out)
    assert first.counts(*COUNTS) == (6, 3, 1, 2, 0)
    assert first.told["moved"] == {"EUR": "3.06"}
    assert platform.posted == 3
    repeats = {int(r["row"]): int(r["repeats_row"]) for r in results(out) if r.get("repeats_row")}
    assert repeats == {3: 1, 5: 1, 6: 2}
    reused = results(out)[5]
    assert (reused["code"], bool(reused["reason"])) == ("key_reused", True)
    again = await paid(platform, file, batch=batch, out=out)
    assert again.counts(*COUNTS) == (6, 3, 1, 2, 3)
    assert again.told["moved"] == {"EUR": "3.06"}


async def test_the_first_in_the_file_is_paid_whatever_is_out_at_once(tmp_path: Path) -> None:
    """The batch of the first row is answered last, unless the others wait for it."""
    rows = [row(i) for i in range(1, 40)] + [row(1, amount=7)]
    platform = SmallPlatform()
    put_off: set[str] = set()

    def away(item: dict[str, Any]) -> bool:
        first = item["idempotency_key"] == "k1" and item["amount"] == 101
        if first and "k1" not in put_off:
            put_off.add("k1")
            return True
        return False

    platform.away = away
    file = write(tmp_path / "f.ndjson", *rows)
    ended = await paid(platform, file, batch=10, in_flight=4)
    assert platform.payments["k1"]["item"]["amount"] == 101
    assert ended.told["refusals"] == {"key_reused": 1}


async def test_a_row_after_one_that_was_refused_repeats_nothing(tmp_path: Path) -> None:
    rows = [row(1, amount=0), row(1), row(2, currency="XXQ"), row(2)]
    file, out = write(tmp_path / "f.ndjson", *rows), tmp_path / "out.ndjson"
    platform = SmallPlatform()
    for replayed in (0, 2):
        ended = await paid(platform, file, out=out)
        assert ended.counts(*COUNTS) == (4, 2, 2, 0, replayed)
    assert not any("repeats_row" in line for line in results(out))


async def test_sums_are_told_by_currency_and_exact(tmp_path: Path) -> None:
    most = 10**15
    rows = [row(i, amount=most) for i in range(1, 12)]
    rows += [row(12, currency="JPY"), row(13, currency="KWD", amount=1)]
    file = write(tmp_path / "f.ndjson", *rows)
    platform = SmallPlatform()
    platform.accounts = {f"customer-{i}": 10**17 for i in range(7)}
    ended = await paid(platform, file)
    assert ended.told["moved"] == {"EUR": "110000000000000.00", "JPY": "112", "KWD": "0.001"}


def test_a_refusal_without_a_field_has_a_reason(tmp_path: Path) -> None:
    from headrace.cluster.cli.payfile.answers import FieldError, Problem

    told = Problem("key_reused", "Idempotency key used for something else")
    assert told.reason == "Idempotency key used for something else"
    told.detail = "it names a batch"
    assert told.reason == "it names a batch"
    told.errors = [FieldError("idempotency_key", "by a refund")]
    assert told.reason == "by a refund"


@given(st.lists(st.lists(st.integers(0, 40), max_size=12), max_size=12))
def test_rows_of_keys_are_found_over_all_chunks(chunks: list[list[int]]) -> None:
    keys, first, begin = PaidKeys(), dict[str, int](), 1
    for chunk in chunks:
        names = [f"key-{key}" for key in chunk]
        rows = range(begin, begin + len(chunk))
        for found, name, own in zip(keys.first_rows(names, rows), names, rows, strict=True):
            assert (found or own) == first.setdefault(name, own)
        begin += len(chunk)


def test_a_million_keys_take_sixteen_bytes_each() -> None:
    keys = PaidKeys()
    for start in range(0, 200_000, 1_000):
        keys.first_rows([str(i) for i in range(start, start + 1_000)], range(start, start + 1_000))
    held = sum(part.nbytes for run in keys._runs for part in run)
    assert held == 16 * 200_000
    assert len(keys._runs) < 20
    assert all(np.all(np.diff(run[0]) > 0) for run in keys._runs)
