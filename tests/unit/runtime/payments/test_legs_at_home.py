"""Legs at home, which records what the counterpart answered."""

import pytest
from scene import (
    ANNA,
    EUR,
    FAR,
    FROM_0,
    IN_0,
    IN_HAS,
    NOON,
    OUT_0,
    OUT_HAS,
    SECOND,
    TRACE,
    USD,
    Written,
    far_leg,
    record,
)

from headrace.runtime.journal.kinds import RecordKind as K
from headrace.runtime.journal.reasons import DeclineReason as D
from headrace.runtime.journal.states import PaymentState as S
from headrace.runtime.payments.answer import NO_SUCH_LEG, LegsDone
from headrace.runtime.payments.batch import Batch

OPENED_AT = NOON - 5 * SECOND
"""When the carried payment occurred, as its home's record says."""


def entry(kind, leg, **fields):
    """The counterpart's record of a leg."""
    given = {
        "occurred_at": OPENED_AT, "payment": leg.payment, "leg": leg.leg, "amount": leg.amount,
        "creditor": leg.creditor, "trace": leg.trace,
    }  # fmt: skip
    return record(kind, **{**given, **fields})


# At home


@pytest.fixture
def sent(scene):
    """A payment of a hundred under way to another actor, of which only its leg is remembered."""
    scene.anna(500)
    scene.far()
    done = scene.pay(100, creditor="far", trace=TRACE)
    scene.next_batch()
    return done


def end(leg, kind, state, **fields):
    """Home's record of what became of a leg."""
    given = {"payment": leg.payment, "leg": leg.leg, "creditor": leg.creditor, "trace": leg.trace}
    return record(kind, **{"seq": 102, "state": state, "amount": leg.amount, **given, **fields})


FROM_HOME = {0: (101, NOON, 105_000)}


def test_a_payment_whose_leg_arrived_is_settled(scene, sent):
    leg = scene.leg(sent)
    assert scene.settle_legs(leg) == LegsDone([0])
    assert scene.written() == Written(
        [end(leg, K.COMPLETED, S.SETTLED)], FROM_HOME, legs_closed=[leg], payments={sent.payment}
    )
    assert scene.moved() == {}
    assert scene.book.partitions[0].open_legs == {}
    assert scene.book.closing_legs == {(0, 101)}


def test_a_payment_whose_leg_was_refused_comes_back(scene, sent):
    leg = scene.leg(sent)
    assert scene.settle_legs(leg, reasons=[D.CREDITOR_CLOSED]) == LegsDone([0])
    returned = end(
        leg, K.RETURNED, S.RETURNED, reason=D.CREDITOR_CLOSED, debit=OUT_0, debit_posted=OUT_HAS,
        credit=ANNA, credit_posted=500,
    )  # fmt: skip
    assert scene.written() == Written(
        [returned], FROM_HOME, legs_closed=[leg], accounts={ANNA, OUT_0},
        payments={sent.payment},
    )  # fmt: skip
    assert scene.moved() == {"anna": (100, 0), "out:0": (-100, 0)}


@pytest.mark.parametrize(
    ("reason", "kind", "state"),
    [(0, K.COMPLETED, S.SETTLED), (D.CREDITOR_CLOSED, K.RETURNED, S.RETURNED)],
)
def test_a_known_payment_learns_of_its_end(scene, sent, reason, kind, state):
    payment, leg = scene.payment(sent), scene.leg(sent)
    scene.settle_legs(leg, reasons=[reason])
    assert (payment.state, payment.in_transit, payment.batch) == (state, {}, scene.batch.number)
    assert [(r.kind, r.state, r.reason) for r in scene.records()] == [(kind, state, reason)]
    assert set(scene.batch.payments) == {sent.payment}


def captured(scene, *parts, final=True):
    """A hold for another actor's account, captured in parts."""
    scene.anna(500)
    scene.far()
    held = scene.held("far")
    answers = [scene.capture(held, n, final=final and n == parts[-1]) for n in parts]
    legs = [scene.leg(a) for a in answers]
    scene.next_batch()
    return held, legs


def test_a_capture_that_arrived_settles_the_payment(scene):
    held, (leg,) = captured(scene, 100)
    assert scene.settle_legs(leg) == LegsDone([0])
    expected = end(leg, K.COMPLETED, S.SETTLED, seq=103)
    assert scene.written() == Written(
        [expected], {0: (102, NOON, 105_000)}, legs_closed=[leg], payments={held.payment}
    )
    assert scene.payment(held).state is S.SETTLED


@pytest.mark.parametrize(
    ("reasons", "states"),
    [
        ([0, 0], [S.CAPTURED, S.SETTLED]),
        ([0, D.CREDITOR_CLOSED], [S.CAPTURED, S.SETTLED]),
        ([D.CREDITOR_CLOSED, 0], [S.CAPTURED, S.SETTLED]),
        ([D.CREDITOR_CLOSED, D.CREDITOR_CLOSED], [S.CAPTURED, S.RETURNED]),
    ],
)
@pytest.mark.parametrize("turn", [1, -1])
def test_of_two_captures_the_last_to_end_decides(scene, reasons, states, turn):
    held, legs = captured(scene, 30, 70)
    assert scene.settle_legs(*legs[::turn], reasons=reasons) == LegsDone([0, 0])
    assert [r.state for r in scene.records()] == states
    assert [r.kind for r in scene.records()] == [K.RETURNED if r else K.COMPLETED for r in reasons]
    back = sum(leg.amount for leg, r in zip(legs[::turn], reasons, strict=True) if r)
    assert scene.moved() == ({"anna": (back, 0), "out:0": (-back, 0)} if back else {})
    assert scene.payment(held).captured == 100 - back


@pytest.mark.parametrize("reason", [0, D.CREDITOR_CLOSED])
def test_while_something_is_held_an_end_of_a_capture_decides_nothing(scene, reason):
    held, (leg,) = captured(scene, 30, final=False)
    scene.settle_legs(leg, reasons=[reason])
    assert scene.records()[0].state == S.PARTIALLY_CAPTURED
    assert scene.payment(held).captured == (0 if reason else 30)


@pytest.fixture
def asked_back(scene):
    """A payment whose creditor was asked for it back."""
    scene.anna(500, held=5)
    scene.far()
    scene.shop()
    paid = scene.paid()
    refund = scene.refund(paid, 40)
    scene.next_batch()
    return paid, scene.leg(refund)


def test_a_refund_comes_home_by_transit(scene, asked_back):
    paid, leg = asked_back
    assert scene.settle_legs(leg) == LegsDone([0])
    refunded = end(
        leg, K.REFUNDED, S.PARTIALLY_REFUNDED, seq=103, debit=IN_0, debit_posted=IN_HAS - 40,
        credit=ANNA, credit_posted=440, credit_held=5,
    )  # fmt: skip
    assert scene.written() == Written(
        [refunded], {0: (102, NOON, 105_000)}, legs_closed=[leg], accounts={ANNA, IN_0},
        payments={paid.payment},
    )  # fmt: skip
    assert scene.moved() == {"anna": (40, 0), "in:0": (-40, 0)}
    assert (scene.payment(paid).refunded, scene.payment(paid).refunding) == (40, {})


def test_a_declined_refund_moves_nothing(scene, asked_back):
    paid, leg = asked_back
    assert scene.settle_legs(leg, reasons=[D.INSUFFICIENT_FUNDS]) == LegsDone([0])
    declined = end(leg, K.REFUND_DECLINED, S.SETTLED, seq=103, reason=D.INSUFFICIENT_FUNDS)
    assert scene.written() == Written(
        [declined], {0: (102, NOON, 105_000)}, legs_closed=[leg], payments={paid.payment}
    )
    assert scene.moved() == {}
    assert scene.payment(paid).refundable == 100


def test_refunds_to_the_last_cent_make_it_refunded(scene, asked_back):
    paid, first = asked_back
    second, third = scene.leg(scene.refund(paid, 59)), scene.leg(scene.refund(paid, 1))
    scene.settle_legs(first, second)
    assert scene.payment(paid).state is S.PARTIALLY_REFUNDED
    scene.settle_legs(third)
    assert scene.payment(paid).state is S.REFUNDED
    assert scene.moved() == {"anna": (100, 0), "in:0": (-100, 0)}


def test_a_refund_declined_after_another_was_paid(scene, asked_back):
    paid, first = asked_back
    second = scene.leg(scene.refund(paid, 60))
    scene.settle_legs(first, second, reasons=[0, D.CREDITOR_FROZEN])
    assert [r.state for r in scene.records()[1:]] == [S.PARTIALLY_REFUNDED] * 2


def test_a_leg_ends_once(scene, sent):
    leg = scene.leg(sent)
    assert scene.settle_legs(leg, leg) == LegsDone([0, NO_SUCH_LEG])
    assert len(scene.records()) == 1
    with scene.unchanged():
        assert scene.settle_legs(leg, reasons=[D.CREDITOR_CLOSED]) == LegsDone([NO_SUCH_LEG])


def test_answers_of_one_call_are_recorded_in_their_order(scene):
    anna, bert = scene.anna(500), scene.bert(500)
    scene.far()
    sent = [scene.pay(n, creditor="far", debtor=d)
            for n, d in ((10, "anna"), (20, "bert"), (30, "anna"), (40, "anna"))]  # fmt: skip
    legs = [scene.leg(done) for done in sent]
    scene.next_batch()
    nobodys = far_leg(77, partition=0)
    order = [legs[2], nobodys, legs[1], legs[0], legs[3]]
    answered = scene.settle_legs(*order, reasons=[0, 0, 0, D.BALANCE_LIMIT, 0])
    assert answered == LegsDone([0, NO_SUCH_LEG, 0, 0, 0])
    ends = sorted(scene.records(), key=lambda r: (r.partition, r.seq))
    assert [(r.partition, r.credit_partition, r.seq, r.credit_seq, r.kind, r.payment, r.amount)
            for r in ends] == [
        (0, 0, 104, 104, K.COMPLETED, sent[2].payment, 30),
        (0, 0, 105, 105, K.RETURNED, sent[0].payment, 10),
        (0, 0, 106, 106, K.COMPLETED, sent[3].payment, 40),
        (1, 1, 202, 202, K.COMPLETED, sent[1].payment, 20),
    ]  # fmt: skip
    assert {r.tenant for r in ends} == {1}
    assert {(r.creditor, r.currency) for r in ends} == {(FAR, EUR)}
    assert (anna.posted, bert.posted) == (430, 480)
    assert set(scene.batch.payments) == {done.payment for done in sent}


def test_columns_of_ends_are_each_legs_own(scene, sent):
    """Every figure of several legs at once, all different."""
    home = scene.book.partitions
    legs = [
        far_leg(201, partition=1, leg=3, tenant=4, currency=USD, amount=11, creditor=FAR + 1),
        far_leg(88, partition=0, leg=0, tenant=5, amount=12, creditor=FAR + 2, trace=TRACE),
    ]
    for leg in legs:
        scene.book.open_leg(Batch(1), leg)
    home[1].at = NOON + 7
    scene.settle_legs(*legs)
    assert scene.records() == [
        end(legs[0], K.COMPLETED, S.SETTLED, seq=201, partition=1, at=NOON + 7, tenant=4,
            currency=USD),
        end(legs[1], K.COMPLETED, S.SETTLED, tenant=5),
    ]  # fmt: skip


def test_home_time_never_runs_back(scene, sent):
    leg = scene.leg(sent)
    scene.book.partitions[0].at = NOON + 9
    scene.settle_legs(leg)
    assert (scene.records()[0].at, scene.records()[0].occurred_at) == (NOON + 9, NOON + 9)


def test_home_time_moves_on(scene, sent):
    scene.now = NOON + 9
    scene.settle_legs(scene.leg(sent), reasons=[D.CREDITOR_CLOSED])
    assert scene.records()[0].at == scene.book.partitions[0].at == NOON + 9


@pytest.mark.parametrize("reason", [0, D.CREDITOR_CLOSED])
def test_a_leg_that_is_not_alone_needs_its_payment(scene, reason):
    held, (leg,) = captured(scene, 100)
    del scene.book.payments[held.payment]
    with pytest.raises(LookupError, match=held.payment.hex()):
        scene.settle_legs(leg, reasons=[reason])


def test_sent_and_arrived_in_one_batch(scene):
    scene.anna(500)
    scene.far()
    leg = scene.leg(scene.pay(100, creditor="far"))
    assert scene.settle_legs(leg) == LegsDone([0])
    assert [r.kind for r in scene.records()] == [K.DEBITED, K.COMPLETED]
    assert scene.batch.started_from == FROM_0
    assert scene.book.partitions[0].open_legs == {}


def test_what_came_back_is_spent_in_the_same_batch(scene, sent):
    scene.shop()
    scene.settle_legs(scene.leg(sent), reasons=[D.CREDITOR_CLOSED])
    assert scene.pay(500).state == S.SETTLED
