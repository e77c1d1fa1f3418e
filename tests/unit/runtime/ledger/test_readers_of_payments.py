"""What readers make of rows: payments, events, uses of keys, parked legs."""

from typing import Any
from uuid import UUID

import pytest
from support.ledger_tokens import TOKENS
from support.rows_of_a_journal import (
    AT,
    OTHER,
    PAYMENT,
    journal,
    named,
)

from headrace.runtime import ids
from headrace.runtime.clock import from_us
from headrace.runtime.ids import payment_id
from headrace.runtime.journal.account_numbers import TRANSIT_OUT, system_account
from headrace.runtime.journal.kinds import KINDS
from headrace.runtime.journal.kinds import RecordKind as K
from headrace.runtime.journal.rows import record_of
from headrace.runtime.journal.states import PaymentState as S
from headrace.runtime.ledger import parked_legs, standing
from headrace.runtime.ledger.account_names import AccountNames
from headrace.runtime.ledger.read_events import SQL as READ_EVENTS
from headrace.runtime.ledger.read_events import EventReader
from headrace.runtime.ledger.read_payments import SQL as PAYMENTS
from headrace.runtime.ledger.read_payments import PaymentReader
from headrace.runtime.ledger.texts import Texts
from headrace.runtime.payments.answer import Done
from headrace.runtime.payments.open_leg import OpenLeg

# Payments


def payments(told, **answers: Any) -> PaymentReader:
    db = told(PAYMENTS, account_names=named, **answers)
    return PaymentReader(db, AccountNames(db), Texts(db, None), TOKENS)


HELD = {"kind": K.HELD, "state": S.AUTHORIZED, "leg": -1, "credit": 0, "credit_partition": 1}
CAPTURED = {"kind": K.CAPTURED, "state": S.SETTLED, "leg": 1, "seq": 6}


async def test_a_payment_is_told_as_it_stands_and_as_it_stood(told) -> None:
    found = payments(told, records=[journal(**HELD), journal(**CAPTURED)])
    now = await found.payment(5, PAYMENT)
    assert (now.status, now.captured_amount) == ("settled", 30)
    then = await found.payment(5, PAYMENT, (1, 5))
    assert (then.status, then.captured_amount) == ("authorized", 0)
    assert (await found.payment(5, PAYMENT, (1, 6))).status == "settled"
    assert await found.payment(5, PAYMENT, (1, 3)) is None
    with pytest.raises(ValueError, match="home partition"):
        await found.payment(5, PAYMENT, (0, 6))


async def test_what_nobody_knows_is_none(told) -> None:
    found = payments(told, records=[], by_key=[])
    assert await found.payment(5, PAYMENT) is None
    assert await found.timeline(5, PAYMENT) == []
    assert await found.payment_by_key(5, "k") is None
    assert await found.operation(5, "k") is None


@pytest.mark.parametrize(
    ("kind", "a_payment"),
    [(K.SETTLED, True), (K.HELD, True), (K.DECLINED, True), (K.CAPTURED, False),
     (K.DEPOSITED, False)],
)  # fmt: skip
async def test_a_payments_key_is_that_of_its_first_record(told, kind: K, a_payment: bool) -> None:
    found = payments(told, records=[journal(key="k")], by_key=[journal(kind=kind, key="k")])
    assert (await found.payment_by_key(5, "k") is not None) is a_payment


async def test_an_operation_is_what_a_key_was_used_for(told) -> None:
    found = payments(told, by_key=[journal(key="k", fingerprint=7)])
    operation = await found.operation(5, "k")
    assert (operation.kind, operation.fingerprint, operation.amount) == ("payment", 7, 30)


async def test_several_payments_come_in_the_order_asked_for_without_the_unknown(told) -> None:
    rows = [journal(**HELD), journal(**CAPTURED), journal(payment=UUID(bytes=OTHER), amount=8)]
    found = payments(told, records=rows)
    unknown = payment_id(AT + 2_000, 1)
    views = await found.payment_views(5, [UUID(bytes=p) for p in (OTHER, unknown, PAYMENT)])
    assert [(view.amount, view.status) for view in views] == [(8, "settled"), (30, "settled")]


SEALED = b"\x01" + bytes(40)
"""Under a key that nobody has: told as if it had never been given."""


async def test_a_payments_text_is_that_of_its_first_record(told) -> None:
    rows = [
        journal(**HELD, details=b'{"description":"words"}'),
        journal(**CAPTURED, details=b'{"description":"of the capture"}'),
        journal(**HELD, payment=UUID(bytes=OTHER), details=SEALED),
        journal(**CAPTURED, payment=UUID(bytes=OTHER)),
    ]
    found = payments(told, records=rows)
    views = await found.payment_views(5, [UUID(bytes=PAYMENT), UUID(bytes=OTHER)])
    assert [view.description for view in views] == ["words", None]
    alone = payments(told, records=rows[2:])
    view = await alone.payment(5, OTHER)
    assert view is not None
    assert view.description is None


# Events


async def test_events_are_read_of_all_partitions_at_once(told) -> None:
    db = told(READ_EVENTS, events=[journal(seq=2), journal(seq=4)])
    reader = EventReader(db, Texts(db, None))
    records = await reader.events({1: 1, 7: 5}, {1: 4, 3: 9}, 5)
    assert [record.seq for record in records] == [2, 4]
    assert db.asked == [("events", ([1, 3], [1, 0], [4, 9], 5, list(KINDS["event"])))]


async def test_events_of_some_types_are_never_others(told) -> None:
    transit = system_account(1, 978, TRANSIT_OUT)
    rows = [
        journal(seq=1),
        journal(seq=2, kind=K.CAPTURED, leg=1),
        journal(seq=3, kind=K.CAPTURED),
        journal(seq=4, kind=K.CAPTURED, credit=transit),
    ]
    db = told(READ_EVENTS, events=rows)
    found = await EventReader(db, Texts(db, None)).events({}, {1: 4}, None, ["payment.settled"])
    assert [record.seq for record in found] == [1, 3]
    ((_, arguments),) = db.asked
    assert arguments[3] is None
    assert set(arguments[4]) == {K.SETTLED, K.COMPLETED, K.CAPTURED}


async def test_what_events_belong_to_is_asked_for_once(told) -> None:
    db = told(PAYMENTS, origins=[journal()])
    reader = EventReader(db, Texts(db, None))
    records = [record_of(journal(kind=K.COMPLETED, seq=n)) for n in (2, 3)]
    origins = await reader.origins(records)
    assert [origins.first(r).seq for r in records] == [4, 4]
    assert db.asked == [("origins", ([UUID(bytes=PAYMENT)], [UUID(bytes=PAYMENT)], [0]))]


async def test_names_of_tenants_are_looked_up_once(told) -> None:
    db = told(READ_EVENTS, tenant_names=lambda ns: [{"number": n, "name": f"t{n}"} for n in ns])
    reader = EventReader(db, Texts(db, None))
    for _ in range(2):
        assert (await reader.tenant_names({5}))[5] == "t5"
    assert db.asked == [("tenant_names", ([5],))]


# Uses of keys


def use(key: str, n: int, made: bool = True, state: S = S.AUTHORIZED, reason: int = 0) -> Any:
    return {
        "key": key, "fingerprint": n, "made": made, "partition": 1, "seq": n, "at": from_us(AT),
        "payment": UUID(int=n), "state": state, "reason": reason, "risk_score": 10,
        "risk_flags": 8, "risk_model": 2,
    }  # fmt: skip


async def test_a_key_that_made_a_payment_tells_how_it_stands_now(told) -> None:
    rows = [use("a", 1), use("b", 2, state=S.DECLINED, reason=3), use("c", 3, made=False),
            use("d", 4), use("e", 5)]  # fmt: skip
    latest = [
        {"payment": UUID(int=1), "state": S.SETTLED, "reason": 9},
        {"payment": UUID(int=4), "state": S.RETURNED, "reason": 9},
        {"payment": UUID(int=5), "state": S.EXPIRED, "reason": 8},
    ]
    db = told(standing.SQL, uses=rows, latest=latest)
    found = await standing.uses(db, 5, ("a", "b"))
    assert {key: (u.told.state, u.told.reason) for key, u in found.items()} == {
        "a": (S.SETTLED, 0), "b": (S.DECLINED, 3), "c": (S.AUTHORIZED, 0), "d": (S.RETURNED, 9),
        "e": (S.EXPIRED, 8),
    }  # fmt: skip
    assert db.asked == [
        ("uses", (5, ["a", "b"])), ("latest", (5, [UUID(int=1), UUID(int=4), UUID(int=5)])),
    ]  # fmt: skip
    assert found["b"].told == Done(1, 2, AT, UUID(int=2).bytes, S.DECLINED, 3, 10, 8, 2)
    assert (found["c"].made, found["c"].fingerprint) == (False, 3)


async def test_nothing_more_is_asked_of_payments_that_can_not_change(told) -> None:
    db = told(standing.SQL, uses=[use("b", 2, state=S.DECLINED), use("c", 3, made=False)])
    await standing.uses(db, 5, ["b", "c"])
    assert db.names() == ["uses"]


# Parked legs


@pytest.mark.parametrize(("leg", "asked"), [(None, (None, None)), ((1, 4), (1, 4))])
async def test_who_releases_a_leg_is_told_which_were_parked(told, leg: Any, asked: Any) -> None:
    db = told(parked_legs.SQL, release=[{"partition": 1, "seq": 4}])
    assert await parked_legs.release(db, leg) == [(1, 4)]
    assert db.asked == [("release", asked)]


async def test_parked_legs_are_told_for_people(told) -> None:
    row = {
        "partition": 1, "seq": 4, "payment": UUID(bytes=PAYMENT), "leg": 2, "tenant": "acme",
        "amount": 30, "currency": "EUR", "failures": 5, "error": "why", "parked_at": from_us(AT),
    }  # fmt: skip
    (leg,) = await parked_legs.everyone(told(parked_legs.SQL, everyone=[row]))
    assert leg == parked_legs.ParkedLeg(
        "1:4", leg.payment, 2, "acme", 30, "EUR", 5, "why", from_us(AT)
    )
    assert leg.payment == ids.text(PAYMENT)


async def test_a_leg_is_parked_with_how_often_it_failed_and_how_last(told) -> None:
    db = told(parked_legs.SQL, parked=[{"partition": 1, "seq": 4}, {"partition": 3, "seq": 9}])
    leg = OpenLeg(PAYMENT, 2, 1, 4, False, True, 5, 978, 30, 7, 8, bytes(16))
    await parked_legs.park(db, leg, 5, "why")
    assert db.asked == [("park", (1, 4, UUID(bytes=PAYMENT), 2, 5, "why"))]
    assert await parked_legs.parked(db, (1, 3)) == {(1, 4), (3, 9)}
    assert db.asked[1] == ("parked", ([1, 3],))
