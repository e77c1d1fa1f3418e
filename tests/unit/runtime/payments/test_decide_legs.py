"""Legs at their counterpart, which credits or debits them once."""

import pytest
from scene import (
    ANNA,
    BERT,
    CLOSED,
    FROM_0,
    FROZEN,
    IN_0,
    IN_1,
    IN_HAS,
    NOON,
    OPEN,
    OTHER_TRACE,
    OUT_0,
    OUT_HAS,
    SECOND,
    SHOP,
    TRACE,
    USD,
    Written,
    far_leg,
    record,
)

from headrace.runtime.journal.account_numbers import TRANSIT_IN, system_account
from headrace.runtime.journal.kinds import RecordKind as K
from headrace.runtime.journal.reasons import DeclineReason as D
from headrace.runtime.money import BALANCE_MAX
from headrace.runtime.payments.account import Account
from headrace.runtime.payments.answer import NO_SUCH_LEG, LegsDone

OPENED_AT = NOON - 5 * SECOND
"""When the carried payment occurred, as its home's record says."""


def entry(kind, leg, **fields):
    """The counterpart's record of a leg."""
    given = {
        "occurred_at": OPENED_AT, "payment": leg.payment, "leg": leg.leg, "amount": leg.amount,
        "creditor": leg.creditor, "trace": leg.trace,
    }  # fmt: skip
    return record(kind, **{**given, **fields})


# At the counterpart


def test_a_leg_is_credited_from_transit(scene):
    scene.shop(40, held=3)
    leg = far_leg()
    assert scene.post_legs(leg) == LegsDone([0])
    credited = entry(
        K.CREDITED, leg, debit=IN_0, debit_posted=IN_HAS - 100, credit=SHOP, credit_posted=140,
        credit_held=3,
    )  # fmt: skip
    assert scene.written() == Written([credited], FROM_0, accounts={SHOP, IN_0}, answered=[(2, 41)])
    assert scene.moved() == {"shop": (100, 0), "in:0": (-100, 0)}
    assert scene.book.answered_legs == {(2, 41): 0}


def test_a_refund_is_debited_to_transit(scene):
    scene.shop(140, held=3)
    leg = far_leg(refund=True, sole=False, leg=4)
    assert scene.post_legs(leg) == LegsDone([0])
    debited = entry(
        K.REFUND_DEBITED, leg, debit=SHOP, debit_posted=40, debit_held=3, credit=OUT_0,
        credit_posted=OUT_HAS + 100,
    )  # fmt: skip
    assert scene.written() == Written([debited], FROM_0, accounts={SHOP, OUT_0}, answered=[(2, 41)])
    assert scene.moved() == {"shop": (-100, 0), "out:0": (100, 0)}


def test_a_capture_is_credited_like_a_payment(scene):
    scene.shop()
    leg = far_leg(sole=False, leg=2)
    assert scene.post_legs(leg) == LegsDone([0])
    assert (scene.records()[0].kind, scene.records()[0].leg) == (K.CREDITED, 2)


@pytest.mark.parametrize(
    ("state", "refund", "reason"),
    [
        (OPEN, False, D.NONE),
        (OPEN, True, D.NONE),
        (FROZEN, False, D.NONE),
        (FROZEN, True, D.CREDITOR_FROZEN),
        (CLOSED, False, D.CREDITOR_CLOSED),
        (CLOSED, True, D.CREDITOR_CLOSED),
    ],
)
def test_each_state_of_the_creditor(scene, state, refund, reason):
    scene.shop(100, state=state)
    leg = far_leg(refund=refund)
    assert scene.post_legs(leg) == LegsDone([reason])
    assert scene.book.answered_legs == {(2, 41): reason}
    if reason:
        refused = entry(K.LEG_REFUSED, leg, reason=reason)
        assert scene.written() == Written([refused], FROM_0, answered=[(2, 41)])
        assert scene.moved() == {}


@pytest.mark.parametrize(
    ("posted", "held", "line", "reason"),
    [
        (100, 0, 0, D.NONE),
        (99, 0, 0, D.INSUFFICIENT_FUNDS),
        (101, 1, 0, D.NONE),
        (101, 2, 0, D.INSUFFICIENT_FUNDS),
        (0, 0, 100, D.NONE),
        (0, 0, 99, D.INSUFFICIENT_FUNDS),
    ],
)
def test_a_refund_takes_what_is_available_to_the_last_cent(scene, posted, held, line, reason):
    scene.shop(posted, held=held, credit_line=line)
    assert scene.post_legs(far_leg(refund=True)) == LegsDone([reason])
    moved = {} if reason else {"shop": (-100, 0), "out:0": (100, 0)}
    assert scene.moved() == moved


def test_a_credit_asks_for_no_funds(scene):
    scene.shop(-500, held=10)
    assert scene.post_legs(far_leg()) == LegsDone([0])


def test_rules_have_an_order(scene):
    shop = scene.shop(0, state=CLOSED)
    assert scene.post_legs(far_leg(1, refund=True)) == LegsDone([D.CREDITOR_CLOSED])
    shop.state = FROZEN
    assert scene.post_legs(far_leg(2, refund=True)) == LegsDone([D.CREDITOR_FROZEN])
    shop.state = OPEN
    assert scene.post_legs(far_leg(3, refund=True)) == LegsDone([D.INSUFFICIENT_FUNDS])
    shop.posted = 100
    assert scene.post_legs(far_leg(4, refund=True)) == LegsDone([0])


@pytest.mark.parametrize(
    ("short_by", "reason"), [(99, D.BALANCE_LIMIT), (100, D.NONE), (101, D.NONE)]
)
def test_a_creditors_balance_stays_within_its_bound(scene, short_by, reason):
    scene.shop(BALANCE_MAX - short_by)
    leg = far_leg()
    assert scene.post_legs(leg) == LegsDone([reason])
    if reason:
        refused = entry(K.LEG_REFUSED, leg, reason=reason)
        assert scene.written() == Written([refused], FROM_0, answered=[(2, 41)])
        assert scene.post_legs(far_leg(42, refund=True)) == LegsDone([0])


def test_what_may_come_back_to_the_creditor_has_its_room(scene):
    scene.shop(BALANCE_MAX)
    scene.far()
    sent = scene.pay(100, debtor="shop", creditor="far")
    assert scene.post_legs(far_leg(1)) == LegsDone([D.BALANCE_LIMIT])
    assert scene.settle_legs(scene.leg(sent), reasons=[D.CREDITOR_CLOSED]) == LegsDone([0])
    assert scene.book.by_id[1, "shop"].posted == BALANCE_MAX


@pytest.mark.parametrize(
    ("has", "after"), [(-(2**63), 2**63 - 100), (-(2**63) + 99, 2**63 - 1), (0, -100)]
)
def test_transit_goes_past_64_bits(scene, has, after):
    scene.shop()
    scene.book.accounts[IN_0].posted = has
    scene.post_legs(far_leg())
    (credited,) = scene.records()
    assert scene.book.accounts[IN_0].posted == credited.debit_posted == after


def test_legs_of_one_call_follow_each_other(scene):
    scene.shop(0)
    scene.bert(10)
    legs = [
        far_leg(1, refund=True),
        far_leg(2),
        far_leg(3, creditor=BERT, amount=5, partition=3),
        far_leg(4, refund=True, trace=TRACE),
        far_leg(5, refund=True, creditor=BERT, amount=15),
    ]
    assert scene.post_legs(*legs) == LegsDone([D.INSUFFICIENT_FUNDS, 0, 0, 0, 0])
    assert [
        (r.partition, r.credit_partition, r.seq, r.credit_seq, r.kind, r.payment, r.amount, r.trace)
        for r in scene.records()
    ] == [
        (0, 0, 101, 101, K.LEG_REFUSED, legs[0].payment, 100, OTHER_TRACE),
        (0, 0, 102, 102, K.CREDITED, legs[1].payment, 100, OTHER_TRACE),
        (1, 1, 201, 201, K.CREDITED, legs[2].payment, 5, OTHER_TRACE),
        (0, 0, 103, 103, K.REFUND_DEBITED, legs[3].payment, 100, TRACE),
        (1, 1, 202, 202, K.REFUND_DEBITED, legs[4].payment, 15, OTHER_TRACE),
    ]
    assert [r.credit_posted for r in scene.records()] == [0, 100, 15, OUT_HAS + 100, OUT_HAS + 15]
    assert [r.debit_posted for r in scene.records()] == [0, IN_HAS - 100, IN_HAS - 5, 0, 0]
    assert scene.moved() == {
        "in:0": (-100, 0), "out:0": (100, 0), "in:1": (-5, 0), "out:1": (15, 0), "bert": (-10, 0),
    }  # fmt: skip
    assert scene.batch.answered_legs == [(2, 1), (2, 2), (3, 3), (2, 4), (2, 5)]
    assert set(scene.batch.accounts) >= {SHOP, BERT, IN_1}


def test_the_tenant_and_the_currency_are_the_legs(scene):
    account = Account(SHOP, 7, "shop", USD)
    transit = Account(system_account(0, USD, TRANSIT_IN), 0, "", USD)
    scene.book.add(account)
    scene.book.add(transit)
    scene.post_legs(far_leg(tenant=7, currency=USD))
    (credited,) = scene.records()
    assert (credited.tenant, credited.currency, credited.debit) == (7, USD, transit.number)


def test_a_leg_told_of_again_gets_the_first_answer(scene):
    shop = scene.shop(state=CLOSED)
    first, second = far_leg(1), far_leg(2)
    assert scene.post_legs(first, first) == LegsDone([D.CREDITOR_CLOSED, D.CREDITOR_CLOSED])
    shop.state = OPEN
    with scene.unchanged():
        assert scene.post_legs(first) == LegsDone([D.CREDITOR_CLOSED])
    assert scene.post_legs(first, second) == LegsDone([D.CREDITOR_CLOSED, 0])
    assert [(r.seq, r.payment) for r in scene.records()] == [
        (101, first.payment), (102, second.payment),
    ]  # fmt: skip


@pytest.mark.parametrize("reason", [0, D.CREDITOR_CLOSED])
def test_what_the_ledger_says_was_done_stands(scene, reason):
    scene.shop()
    with scene.unchanged():
        assert scene.post_legs(far_leg(), answered={0: reason}) == LegsDone([reason])


def test_what_the_ledger_does_not_show_is_no_leg(scene):
    scene.shop()
    told, shown = far_leg(1), far_leg(2)
    assert scene.post_legs(shown, lacking=(told,)) == LegsDone([NO_SUCH_LEG, 0])
    assert scene.batch.answered_legs == [(2, 2)]
    with scene.unchanged():
        assert scene.post_legs(lacking=(told,)) == LegsDone([NO_SUCH_LEG])
    assert NO_SUCH_LEG == -1


def test_a_creditor_that_is_not_there_has_no_leg(scene):
    scene.shop()
    missing, there = far_leg(1, creditor=ANNA), far_leg(2)
    assert scene.post_legs(missing, there) == LegsDone([NO_SUCH_LEG, 0])
    assert scene.book.answered_legs == {(2, 2): 0}


def test_the_counterparts_time_never_runs_back(scene):
    scene.shop()
    scene.book.partitions[0].at = NOON + 9
    scene.post_legs(far_leg(1), far_leg(2))
    assert [r.at for r in scene.records()] == [NOON + 9] * 2
    scene.now = NOON + 50
    scene.post_legs(far_leg(3))
    assert scene.records()[2].at == scene.book.partitions[0].at == NOON + 50
