"""What is done to a payment at its home: in which states, by whom, when; and what it counts for."""

import pytest
from scene import (
    CLOSED,
    DAY,
    NOON,
    REVIEWED,
)
from scene_of_actions import ENDS, REVIEW_ENDS, done

from headrace.runtime.clock import DAY_US
from headrace.runtime.journal.kinds import RecordKind as K
from headrace.runtime.journal.states import PaymentState as S
from headrace.runtime.payments.answer import Refused
from headrace.runtime.payments.command import PaymentAction as A
from headrace.runtime.payments.holds import HOLDS
from headrace.runtime.refusals import Refusal as R

# States

ALLOWED = {
    A.CAPTURE: {S.AUTHORIZED, S.PARTIALLY_CAPTURED},
    A.REFUND: {S.SETTLED, S.PARTIALLY_REFUNDED},
    A.CANCEL: {S.IN_REVIEW, S.AUTHORIZED, S.PARTIALLY_CAPTURED},
    A.ACCEPT: {S.IN_REVIEW},
    A.REJECT: {S.IN_REVIEW},
    A.EXPIRE: {S.IN_REVIEW, S.AUTHORIZED, S.PARTIALLY_CAPTURED},
}


@pytest.mark.parametrize("action", A)
@pytest.mark.parametrize("state", S)
def test_each_action_has_its_states(people, action, state):
    held = people.held()
    payment = people.payment(held)
    payment.state = state
    if state not in (S.IN_REVIEW, S.AUTHORIZED, S.PARTIALLY_CAPTURED):
        payment.held, payment.captured = 0, 100
    if state == S.PARTIALLY_CAPTURED:
        payment.captured = 30
    people.now = ENDS if action is A.EXPIRE else NOON
    if state in ALLOWED[action]:
        assert people.act(held, action).seq == 102
        return
    with people.unchanged():
        assert people.act(held, action) == Refused(
            R.WRONG_STATE, detail=f"the payment is {state.name.lower()}"
        )


@pytest.mark.parametrize("action", A)
def test_a_payment_that_is_on_its_way_waits(people, action):
    sent = people.paid("far")
    people.now = ENDS
    with people.unchanged():
        assert people.act(sent, action) == Refused(
            R.WRONG_STATE, detail="the payment is authorized"
        )


def test_what_is_captured_by_itself_is_not_captured_by_a_client(people):
    held = people.held()
    people.payment(held).manual = False
    assert people.capture(held) == Refused(R.WRONG_STATE, detail="the payment is authorized")


def test_actions_have_the_numbers_of_the_wire():
    assert {a.name: a.value for a in A} == {
        "CAPTURE": 1, "REFUND": 2, "CANCEL": 3, "ACCEPT": 4, "REJECT": 5, "EXPIRE": 6,
    }  # fmt: skip


def test_what_is_no_action_is_a_defect(people):
    with pytest.raises(ValueError, match="7"):
        people.act(people.held(), 7)


# Whose it is, and keys


@pytest.mark.parametrize("action", A)
def test_a_payment_that_nobody_made(people, action):
    with people.unchanged():
        assert people.act(bytes(16), action) == Refused(R.UNKNOWN_PAYMENT)


@pytest.mark.parametrize("action", [a for a in A if a is not A.EXPIRE])
def test_another_tenants_payment_is_unknown(people, action):
    held = people.held()
    with people.unchanged():
        assert people.act(held, action, tenant=2) == Refused(R.UNKNOWN_PAYMENT)


@pytest.mark.parametrize("action", [A.CAPTURE, A.CANCEL])
def test_the_same_request_again_is_answered_as_at_first(people, action):
    held = people.held()
    first = people.act(held, action, key="k")
    with people.unchanged():
        again = people.act(held, action, key="k")
    assert again == done(held, first.state, leg=first.leg, replayed=True)


def test_a_key_with_another_fingerprint_is_refused(people):
    held = people.held()
    people.capture(held, 30, key="k", final=False)
    with people.unchanged():
        assert people.capture(held, 30, key="k", fingerprint=0) == Refused(R.KEY_REUSED)
        assert people.capture(held, key="key-1") == Refused(R.KEY_REUSED)


def test_a_refusal_burns_no_key(people):
    held = people.held()
    assert people.capture(held, 101, key="k").refusal == R.AMOUNT_TOO_LARGE
    assert people.capture(held, 100, key="k").state == S.SETTLED


def test_without_a_key_nothing_is_remembered(people):
    held = people.held()
    assert people.cancel(held).state == S.CANCELLED
    assert people.batch.keys == []
    assert list(people.book.keys) == [(1, "key-1")]


def test_rules_have_an_order_and_each_shows_when_those_before_are_kept(people):
    """A capture that breaks all of them, mended one by one."""
    held = people.held()
    people.capture(held, 1, key="used", final=False)
    people.shop(state=CLOSED)
    payment = people.book.payments.pop(held.payment)
    payment.state, people.now = S.SETTLED, ENDS
    fields = {"key": "used", "fingerprint": 1}

    def meets(refusal, detail=""):
        with people.unchanged():
            answer = people.capture(held, 100, **fields)
        assert (answer.refusal, answer.detail) == (refusal, detail)

    meets(R.KEY_REUSED)
    fields = {}
    meets(R.UNKNOWN_PAYMENT)
    people.book.payments[held.payment] = payment
    meets(R.WRONG_STATE, "the payment is settled")
    payment.state = S.PARTIALLY_CAPTURED
    meets(R.WRONG_STATE, "the hold has expired")
    payment.expires_at = ENDS + 1
    meets(R.AMOUNT_TOO_LARGE, "99 is left to capture")
    payment.held = 100
    meets(R.ACCOUNT_CLOSED)
    people.shop()
    assert people.capture(held, 100).state == S.SETTLED


def test_the_rules_of_a_refund_have_an_order(people):
    paid = people.paid()
    payment = people.payment(paid)
    payment.state = S.REFUNDED
    people.anna(state=CLOSED)
    assert people.refund(paid, 101).refusal == R.WRONG_STATE
    payment.state = S.SETTLED
    assert people.refund(paid, 101).refusal == R.AMOUNT_TOO_LARGE
    assert people.refund(paid, 100).refusal == R.ACCOUNT_CLOSED


# Time and the day's counters


@pytest.mark.parametrize("partition", [0, 1])
def test_it_happens_at_the_later_time_of_both_partitions(people, partition):
    held = people.held("bert")
    people.book.partitions[partition].at = NOON + 9
    assert people.capture(held).at == NOON + 9
    (captured,) = people.records()
    assert (captured.at, captured.occurred_at) == (NOON + 9, NOON + 9)
    assert [p.at for p in people.book.partitions.values()] == [NOON + 9, NOON + 9]


def test_a_creditor_of_another_actor_tells_no_time(people):
    held = people.held("far")
    people.book.partitions[1].at = NOON + 9
    assert people.capture(held).at == NOON


@pytest.mark.parametrize("how", ["cancel", "reject", "expire"])
def test_what_is_given_back_whole_is_off_the_days_counters(people, how):
    anna = people.anna(500, daily_count_max=9, day=DAY, day_amount=50, day_count=3)
    held = people.reviewed()
    assert (anna.day_amount, anna.day_count) == (150, 4)
    people.now = REVIEW_ENDS
    getattr(people, how)(held)
    assert (anna.day_amount, anna.day_count) == (50, 3)


@pytest.mark.parametrize("how", ["cancel", "expire", "capture"])
def test_what_is_left_by_captures_is_off_the_days_amount_only(people, how):
    anna = people.anna(500, daily_count_max=9, day=DAY, day_amount=50, day_count=3)
    held = people.held()
    people.capture(held, 30, final=how == "capture")
    if how != "capture":
        people.now = ENDS
        getattr(people, how)(held)
    assert (anna.day_amount, anna.day_count) == (80, 4)


def test_the_next_day_nothing_is_given_back(people):
    anna = people.anna(500, daily_count_max=9)
    held = people.held()
    anna.day, anna.day_amount, anna.day_count = DAY + 1, 10, 1
    people.now = NOON + DAY_US
    people.cancel(held)
    assert (anna.day, anna.day_amount, anna.day_count) == (DAY + 1, 10, 1)


def test_a_refund_is_not_given_back_to_the_day(people):
    anna = people.anna(500, daily_count_max=9)
    paid = people.paid()
    people.settle_legs(people.leg(people.refund(paid)))
    assert (anna.posted, anna.day_amount, anna.day_count) == (500, 100, 1)


# All in one batch


def test_held_captured_and_asked_back_in_one_batch(people):
    held = people.pay(100, manual_capture=True)
    people.capture(held, 60)
    refund = people.refund(held, 20)
    assert [(r.seq, r.kind, r.leg) for r in people.records()] == [
        (101, K.HELD, -1), (102, K.RELEASED, 1), (103, K.CAPTURED, 1),
        (104, K.REFUND_REQUESTED, 2),
    ]  # fmt: skip
    assert (refund.seq, refund.state) == (104, S.SETTLED)
    assert people.batch.rows_of(HOLDS) == {held.payment: None}
    assert people.moved() == {"anna": (-60, 0), "shop": (60, 0)}


def test_what_a_capture_brings_is_spent_in_the_same_batch(people):
    people.capture(people.held())
    assert people.pay(140, debtor="shop", creditor="bert").state == S.SETTLED
    assert people.moved() == {"anna": (-100, -100), "shop": (-40, 0), "bert": (140, 0)}


def test_reviewed_and_accepted_in_one_batch(people):
    held = people.pay(100, risk=REVIEWED)
    assert people.accept(held).state == S.SETTLED
    assert people.batch.rows_of(HOLDS) == {held.payment: None}
