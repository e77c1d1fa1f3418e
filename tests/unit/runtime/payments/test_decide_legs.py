"""Legs: their counterpart carries them out once, and home records what it answered."""

import pytest
from scene import (
    ANNA,
    BERT,
    CLOSED,
    EUR,
    FAR,
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
from headrace.runtime.journal.states import PaymentState as S
from headrace.runtime.money import BALANCE_MAX
from headrace.runtime.payments.account import Account
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


# At the counterpart


def test_a_leg_is_credited_from_transit(scene):
    scene.shop(40, held=3)
    leg = far_leg()
    assert scene.carry(leg) == LegsDone([0])
    credited = entry(
        K.CREDITED, leg, debit=IN_0, debit_posted=IN_HAS - 100, credit=SHOP, credit_posted=140,
        credit_held=3,
    )  # fmt: skip
    assert scene.written() == Written([credited], FROM_0, accounts={SHOP, IN_0}, carried=[(2, 41)])
    assert scene.moved() == {"shop": (100, 0), "in:0": (-100, 0)}
    assert scene.book.carried == {(2, 41): 0}


def test_a_refund_is_debited_to_transit(scene):
    scene.shop(140, held=3)
    leg = far_leg(refund=True, sole=False, leg=4)
    assert scene.carry(leg) == LegsDone([0])
    debited = entry(
        K.REFUND_DEBITED, leg, debit=SHOP, debit_posted=40, debit_held=3, credit=OUT_0,
        credit_posted=OUT_HAS + 100,
    )  # fmt: skip
    assert scene.written() == Written([debited], FROM_0, accounts={SHOP, OUT_0}, carried=[(2, 41)])
    assert scene.moved() == {"shop": (-100, 0), "out:0": (100, 0)}


def test_a_capture_is_credited_like_a_payment(scene):
    scene.shop()
    leg = far_leg(sole=False, leg=2)
    assert scene.carry(leg) == LegsDone([0])
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
    assert scene.carry(leg) == LegsDone([reason])
    assert scene.book.carried == {(2, 41): reason}
    if reason:
        refused = entry(K.LEG_REFUSED, leg, reason=reason)
        assert scene.written() == Written([refused], FROM_0, carried=[(2, 41)])
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
    assert scene.carry(far_leg(refund=True)) == LegsDone([reason])
    moved = {} if reason else {"shop": (-100, 0), "out:0": (100, 0)}
    assert scene.moved() == moved


def test_a_credit_asks_for_no_funds(scene):
    scene.shop(-500, held=10)
    assert scene.carry(far_leg()) == LegsDone([0])


def test_rules_have_an_order(scene):
    shop = scene.shop(0, state=CLOSED)
    assert scene.carry(far_leg(1, refund=True)) == LegsDone([D.CREDITOR_CLOSED])
    shop.state = FROZEN
    assert scene.carry(far_leg(2, refund=True)) == LegsDone([D.CREDITOR_FROZEN])
    shop.state = OPEN
    assert scene.carry(far_leg(3, refund=True)) == LegsDone([D.INSUFFICIENT_FUNDS])
    shop.posted = 100
    assert scene.carry(far_leg(4, refund=True)) == LegsDone([0])


@pytest.mark.parametrize(
    ("short_by", "reason"), [(99, D.BALANCE_LIMIT), (100, D.NONE), (101, D.NONE)]
)
def test_a_creditors_balance_stays_within_its_bound(scene, short_by, reason):
    scene.shop(BALANCE_MAX - short_by)
    leg = far_leg()
    assert scene.carry(leg) == LegsDone([reason])
    if reason:
        refused = entry(K.LEG_REFUSED, leg, reason=reason)
        assert scene.written() == Written([refused], FROM_0, carried=[(2, 41)])
        assert scene.carry(far_leg(42, refund=True)) == LegsDone([0])


def test_what_may_come_back_to_the_creditor_has_its_room(scene):
    scene.shop(BALANCE_MAX)
    scene.far()
    sent = scene.pay(100, debtor="shop", creditor="far")
    assert scene.carry(far_leg(1)) == LegsDone([D.BALANCE_LIMIT])
    assert scene.arrive(scene.leg(sent), reasons=[D.CREDITOR_CLOSED]) == LegsDone([0])
    assert scene.book.by_id[1, "shop"].posted == BALANCE_MAX


@pytest.mark.parametrize(
    ("has", "after"), [(-(2**63), 2**63 - 100), (-(2**63) + 99, 2**63 - 1), (0, -100)]
)
def test_transit_goes_past_64_bits(scene, has, after):
    scene.shop()
    scene.book.accounts[IN_0].posted = has
    scene.carry(far_leg())
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
    assert scene.carry(*legs) == LegsDone([D.INSUFFICIENT_FUNDS, 0, 0, 0, 0])
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
    assert scene.batch.carried == [(2, 1), (2, 2), (3, 3), (2, 4), (2, 5)]
    assert set(scene.batch.accounts) >= {SHOP, BERT, IN_1}


def test_the_tenant_and_the_currency_are_the_legs(scene):
    account = Account(SHOP, 7, "shop", USD)
    transit = Account(system_account(0, USD, TRANSIT_IN), 0, "", USD)
    scene.book.add(account)
    scene.book.add(transit)
    scene.carry(far_leg(tenant=7, currency=USD))
    (credited,) = scene.records()
    assert (credited.tenant, credited.currency, credited.debit) == (7, USD, transit.number)


def test_a_leg_told_of_again_gets_the_first_answer(scene):
    shop = scene.shop(state=CLOSED)
    first, second = far_leg(1), far_leg(2)
    assert scene.carry(first, first) == LegsDone([D.CREDITOR_CLOSED, D.CREDITOR_CLOSED])
    shop.state = OPEN
    with scene.unchanged():
        assert scene.carry(first) == LegsDone([D.CREDITOR_CLOSED])
    assert scene.carry(first, second) == LegsDone([D.CREDITOR_CLOSED, 0])
    assert [(r.seq, r.payment) for r in scene.records()] == [
        (101, first.payment), (102, second.payment),
    ]  # fmt: skip


@pytest.mark.parametrize("reason", [0, D.CREDITOR_CLOSED])
def test_what_the_ledger_says_was_done_stands(scene, reason):
    scene.shop()
    with scene.unchanged():
        assert scene.carry(far_leg(), carried={0: reason}) == LegsDone([reason])


def test_what_the_ledger_does_not_show_is_no_leg(scene):
    scene.shop()
    told, shown = far_leg(1), far_leg(2)
    assert scene.carry(shown, lacking=(told,)) == LegsDone([NO_SUCH_LEG, 0])
    assert scene.batch.carried == [(2, 2)]
    with scene.unchanged():
        assert scene.carry(lacking=(told,)) == LegsDone([NO_SUCH_LEG])
    assert NO_SUCH_LEG == -1


def test_a_creditor_that_is_not_there_has_no_leg(scene):
    scene.shop()
    missing, there = far_leg(1, creditor=ANNA), far_leg(2)
    assert scene.carry(missing, there) == LegsDone([NO_SUCH_LEG, 0])
    assert scene.book.carried == {(2, 2): 0}


def test_the_counterparts_time_never_runs_back(scene):
    scene.shop()
    scene.book.partitions[0].at = NOON + 9
    scene.carry(far_leg(1), far_leg(2))
    assert [r.at for r in scene.records()] == [NOON + 9] * 2
    scene.now = NOON + 50
    scene.carry(far_leg(3))
    assert scene.records()[2].at == scene.book.partitions[0].at == NOON + 50


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
    assert scene.arrive(leg) == LegsDone([0])
    assert scene.written() == Written(
        [end(leg, K.COMPLETED, S.SETTLED)], FROM_HOME, legs_closed=[leg], payments={sent.payment}
    )
    assert scene.moved() == {}
    assert scene.book.partitions[0].open_legs == {}
    assert scene.book.closing_legs == {(0, 101)}


def test_a_payment_whose_leg_was_refused_comes_back(scene, sent):
    leg = scene.leg(sent)
    assert scene.arrive(leg, reasons=[D.CREDITOR_CLOSED]) == LegsDone([0])
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
    scene.arrive(leg, reasons=[reason])
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
    assert scene.arrive(leg) == LegsDone([0])
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
    assert scene.arrive(*legs[::turn], reasons=reasons) == LegsDone([0, 0])
    assert [r.state for r in scene.records()] == states
    assert [r.kind for r in scene.records()] == [K.RETURNED if r else K.COMPLETED for r in reasons]
    back = sum(leg.amount for leg, r in zip(legs[::turn], reasons, strict=True) if r)
    assert scene.moved() == ({"anna": (back, 0), "out:0": (-back, 0)} if back else {})
    assert scene.payment(held).captured == 100 - back


@pytest.mark.parametrize("reason", [0, D.CREDITOR_CLOSED])
def test_while_something_is_held_an_end_of_a_capture_decides_nothing(scene, reason):
    held, (leg,) = captured(scene, 30, final=False)
    scene.arrive(leg, reasons=[reason])
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
    assert scene.arrive(leg) == LegsDone([0])
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
    assert scene.arrive(leg, reasons=[D.INSUFFICIENT_FUNDS]) == LegsDone([0])
    declined = end(leg, K.REFUND_DECLINED, S.SETTLED, seq=103, reason=D.INSUFFICIENT_FUNDS)
    assert scene.written() == Written(
        [declined], {0: (102, NOON, 105_000)}, legs_closed=[leg], payments={paid.payment}
    )
    assert scene.moved() == {}
    assert scene.payment(paid).refundable == 100


def test_refunds_to_the_last_cent_make_it_refunded(scene, asked_back):
    paid, first = asked_back
    second, third = scene.leg(scene.refund(paid, 59)), scene.leg(scene.refund(paid, 1))
    scene.arrive(first, second)
    assert scene.payment(paid).state is S.PARTIALLY_REFUNDED
    scene.arrive(third)
    assert scene.payment(paid).state is S.REFUNDED
    assert scene.moved() == {"anna": (100, 0), "in:0": (-100, 0)}


def test_a_refund_declined_after_another_was_paid(scene, asked_back):
    paid, first = asked_back
    second = scene.leg(scene.refund(paid, 60))
    scene.arrive(first, second, reasons=[0, D.CREDITOR_FROZEN])
    assert [r.state for r in scene.records()[1:]] == [S.PARTIALLY_REFUNDED] * 2


def test_a_leg_ends_once(scene, sent):
    leg = scene.leg(sent)
    assert scene.arrive(leg, leg) == LegsDone([0, NO_SUCH_LEG])
    assert len(scene.records()) == 1
    with scene.unchanged():
        assert scene.arrive(leg, reasons=[D.CREDITOR_CLOSED]) == LegsDone([NO_SUCH_LEG])


def test_answers_of_one_call_are_recorded_in_their_order(scene):
    anna, bert = scene.anna(500), scene.bert(500)
    scene.far()
    sent = [scene.pay(n, creditor="far", debtor=d)
            for n, d in ((10, "anna"), (20, "bert"), (30, "anna"), (40, "anna"))]  # fmt: skip
    legs = [scene.leg(done) for done in sent]
    scene.next_batch()
    nobodys = far_leg(77, partition=0)
    order = [legs[2], nobodys, legs[1], legs[0], legs[3]]
    answered = scene.arrive(*order, reasons=[0, 0, 0, D.BALANCE_LIMIT, 0])
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
    scene.arrive(*legs)
    assert scene.records() == [
        end(legs[0], K.COMPLETED, S.SETTLED, seq=201, partition=1, at=NOON + 7, tenant=4,
            currency=USD),
        end(legs[1], K.COMPLETED, S.SETTLED, tenant=5),
    ]  # fmt: skip


def test_home_time_never_runs_back(scene, sent):
    leg = scene.leg(sent)
    scene.book.partitions[0].at = NOON + 9
    scene.arrive(leg)
    assert (scene.records()[0].at, scene.records()[0].occurred_at) == (NOON + 9, NOON + 9)


def test_home_time_moves_on(scene, sent):
    scene.now = NOON + 9
    scene.arrive(scene.leg(sent), reasons=[D.CREDITOR_CLOSED])
    assert scene.records()[0].at == scene.book.partitions[0].at == NOON + 9


@pytest.mark.parametrize("reason", [0, D.CREDITOR_CLOSED])
def test_a_leg_that_is_not_alone_needs_its_payment(scene, reason):
    held, (leg,) = captured(scene, 100)
    del scene.book.payments[held.payment]
    with pytest.raises(LookupError, match=held.payment.hex()):
        scene.arrive(leg, reasons=[reason])


def test_sent_and_arrived_in_one_batch(scene):
    scene.anna(500)
    scene.far()
    leg = scene.leg(scene.pay(100, creditor="far"))
    assert scene.arrive(leg) == LegsDone([0])
    assert [r.kind for r in scene.records()] == [K.DEBITED, K.COMPLETED]
    assert scene.batch.started_from == FROM_0
    assert scene.book.partitions[0].open_legs == {}


def test_what_came_back_is_spent_in_the_same_batch(scene, sent):
    scene.shop()
    scene.arrive(scene.leg(sent), reasons=[D.CREDITOR_CLOSED])
    assert scene.pay(500).state == S.SETTLED
