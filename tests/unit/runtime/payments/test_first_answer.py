"""The answer that the ledger rebuilds for a known key is the one first given."""

from uuid import UUID

import pytest
from msgspec.structs import asdict
from scene import NOON, REJECTED, REVIEWED, SECOND

from headrace.runtime.clock import from_us
from headrace.runtime.journal.record import Record
from headrace.runtime.journal.rows import record_of
from headrace.runtime.ledger.load import _first_answer


def row_of(record: Record):
    """As `keys` in load.sql gives it."""
    return asdict(record) | {"payment": UUID(bytes=record.payment)}


ANSWERED = {
    "paid": lambda scene: scene.pay(),
    "paid between partitions": lambda scene: scene.pay(creditor="bert"),
    "sent": lambda scene: scene.pay(creditor="far"),
    "held": lambda scene: scene.pay(manual_capture=True),
    "held for review": lambda scene: scene.pay(risk=REVIEWED),
    "declined": lambda scene: scene.pay(risk=REJECTED),
    "captured": lambda scene: scene.capture(scene.held()),
    "captured in part": lambda scene: scene.capture(scene.held(), 30, final=False),
    "captured in part, finally": lambda scene: scene.capture(scene.held(), 30),
    "captured and sent": lambda scene: scene.capture(scene.held("far")),
    "cancelled": lambda scene: scene.cancel(scene.held(), key="k"),
    "rest cancelled": lambda scene: scene.cancel(in_part(scene), key="k"),
    "accepted": lambda scene: scene.accept(scene.reviewed(), key="k"),
    "accepted, manual": lambda scene: scene.accept(scene.reviewed(manual=True), key="k"),
    "rejected": lambda scene: scene.reject(scene.reviewed(), key="k"),
    "refund asked for": lambda scene: scene.refund(scene.paid(), 40),
    "deposited": lambda scene: scene.fund(70),
    "withdrawn": lambda scene: scene.fund(-70),
}


def in_part(scene):
    held = scene.held()
    scene.capture(held, 30, final=False)
    scene.next_batch()
    return held


@pytest.mark.parametrize("how", ANSWERED)
def test_it_is_rebuilt_from_its_record(scene, how):
    scene.anna(500)
    scene.shop(40)
    scene.bert()
    scene.far()
    answer = ANSWERED[how](scene)
    (keyed,) = [r for r in scene.records() if r.key]
    assert _first_answer(row_of(keyed)) == answer


@pytest.mark.parametrize("expires_at", [None, NOON + SECOND])
def test_a_row_of_the_journal_is_the_record_again(scene, expires_at):
    scene.anna(500)
    scene.shop()
    scene.pay(reference="ref", details=b"{}")
    (record,) = scene.records()
    record.expires_at, record.occurred_at = expires_at, NOON - 5
    row = row_of(record) | {
        "trace": UUID(bytes=record.trace), "at": from_us(record.at),
        "occurred_at": from_us(record.occurred_at),
        "expires_at": None if expires_at is None else from_us(expires_at),
    }  # fmt: skip
    assert record_of(row) == record
