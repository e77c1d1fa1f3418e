"""Payment batches by the keys that name them."""

from hashlib import blake2b
from uuid import UUID

import pytest

from headrace.runtime.clock import from_us
from headrace.runtime.ledger.batches import SQL, PaymentBatch, find, named, save

BATCH = UUID(int=5)


def test_a_key_names_its_batch_in_every_bit_that_a_uuid_leaves_free() -> None:
    for n in range(64):
        expected = bytearray(blake2b(bytes([0, 0, 1, n]) + b"key", digest_size=16).digest())
        expected[6] = 0x80 | expected[6] & 0x0F
        expected[8] = 0x80 | expected[8] & 0x3F
        assert named(0x100 + n, "key") == UUID(bytes=bytes(expected))
    assert named(1, "key").variant == "specified in RFC 4122"
    assert named(1, "key").version == 8


def test_tenants_and_keys_name_different_batches() -> None:
    assert len({named(1, "a"), named(1, "b"), named(2, "a")}) == 3


@pytest.mark.parametrize(("row", "kept"), [([5], True), ([], False)])
async def test_a_batch_that_is_there_already_is_not_kept(told, row: list[int], kept: bool) -> None:
    db = told(SQL, save=row)
    assert await save(db, 1, BATCH, ("a", ""), (1, 0), {1: {"type": "x"}}) is kept
    assert db.asked == [("save", (BATCH, 1, ["a", ""], [1, 0], '{"1":{"type":"x"}}'))]


async def test_a_batch_is_found_as_it_was_kept(told) -> None:
    row = {
        "id": BATCH, "created_at": from_us(0), "keys": ["a", ""], "fingerprints": [1, 0],
        "refusals": '{"1":{"type":"x"}}',
    }  # fmt: skip
    found = await find(told(SQL, by_id=[row]), 1, BATCH)
    assert found == PaymentBatch(
        id=str(BATCH), created_at="1970-01-01T00:00:00.000000Z", keys=["a", ""],
        fingerprints=[1, 0], refusals={1: {"type": "x"}},
    )  # fmt: skip
    assert await find(told(SQL, by_id=[]), 1, BATCH) is None


@pytest.mark.parametrize(
    ("keys", "fingerprints", "same"),
    [
        (["a", "b"], [1, 2], True),
        (["a", "c"], [1, 2], False),
        (["a", "b"], [1, 3], False),
        (["b", "a"], [2, 1], False),
        (["a"], [1], False),
    ],
)
def test_a_batch_is_the_same_when_all_its_items_are(
    keys: list[str], fingerprints: list[int], same: bool
) -> None:
    kept = PaymentBatch(
        id="", created_at="", keys=["a", "b"], fingerprints=[1, 2], refusals={}
    )  # fmt: skip
    assert kept.asked(keys, fingerprints) is same


def test_a_batch_from_before_fingerprints_were_kept_is_told_by_its_keys() -> None:
    kept = PaymentBatch(id="", created_at="", keys=["a"], fingerprints=None, refusals={})
    assert kept.asked(["a"], [7])
    assert not kept.asked(["b"], [7])
