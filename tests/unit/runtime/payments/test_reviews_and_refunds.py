"""Reviews accepted, refunds, and the bounds of both."""

import pytest
from scene import (
    ANNA,
    CLOSED,
    DAY,
    EUR,
    FROZEN,
    NOON,
    OTHER_TRACE,
    SECOND,
    SHOP,
    TIMES,
    Written,
    record,
)
from scene_of_actions import ENDS, FROM_0, NUMBERS, REVIEW_ENDS, done, hold

from headrace.runtime.journal.kinds import RecordKind as K
from headrace.runtime.journal.reasons import DeclineReason as D
from headrace.runtime.journal.states import PaymentState as S
from headrace.runtime.money import BALANCE_MAX
from headrace.runtime.payments.answer import Refused
from headrace.runtime.payments.holds import HOLDS, Hold
from headrace.runtime.payments.open_leg import OpenLeg
from headrace.runtime.refusals import Refusal as R

# Reviews accepted


@pytest.mark.parametrize(
    ("creditor", "state"), [("shop", S.SETTLED), ("bert", S.SETTLED), ("far", S.CAPTURED)]
)
def test_an_accepted_payment_is_paid(people, creditor, state):
    held = people.reviewed(creditor)
    accepted = people.accept(held)
    assert accepted == done(held, state)
    (paid,) = people.records()
    assert (paid.kind, paid.state, paid.leg, paid.amount) == (K.CAPTURED, state, 0, 100)
    assert (paid.debit_posted, paid.debit_held, paid.creditor) == (400, 0, NUMBERS[creditor])
    assert people.batch.rows_of(HOLDS) == {held.payment: None}
    there = {"shop": "shop", "bert": "bert", "far": "out:0"}[creditor]
    assert people.moved() == {"anna": (-100, -100), there: (100, 0)}
    assert len(people.batch.legs_opened) == (creditor == "far")


def test_an_accepted_payment_with_manual_capture_stays_held(people):
    held = people.reviewed(manual=True)
    people.now = NOON + SECOND
    accepted = people.accept(held)
    ends = NOON + SECOND + TIMES.hold_s * SECOND
    assert accepted == done(held, S.AUTHORIZED, at=NOON + SECOND, expires_at=ends)
    expected = record(
        K.ACCEPTED, seq=102, at=NOON + SECOND, state=S.AUTHORIZED, payment=held.payment,
        creditor=SHOP, fingerprint=78, trace=OTHER_TRACE, expires_at=ends,
    )  # fmt: skip
    assert people.written() == Written(
        [expected], FROM_0, holds=hold(held, 100, ends=ends), payments={held.payment}
    )
    assert people.moved() == {}
    assert people.payment(held).expires_at == ends


def test_what_was_accepted_is_captured_like_any_hold(people):
    held = people.reviewed(manual=True)
    people.accept(held)
    people.next_batch()
    assert people.capture(held).state == S.SETTLED


@pytest.mark.parametrize("manual", [False, True])
@pytest.mark.parametrize(("late", "fits"), [(-1, True), (0, False), (1, False)])
def test_a_review_is_accepted_until_it_expires(people, manual, late, fits):
    held = people.reviewed(manual=manual)
    people.now = REVIEW_ENDS + late
    if fits:
        assert people.accept(held).at == REVIEW_ENDS + late
        return
    with people.unchanged():
        assert people.accept(held) == Refused(R.WRONG_STATE, detail="the review has expired")


def test_a_payment_to_a_closed_creditor_is_not_accepted(people):
    held = people.reviewed()
    people.shop(state=CLOSED)
    with people.unchanged():
        assert people.accept(held) == Refused(R.ACCOUNT_CLOSED, "creditor")


# Reviews


@pytest.mark.parametrize("manual", [False, True])
@pytest.mark.parametrize("how", ["accept", "reject"])
def test_whoever_submitted_a_payment_does_not_decide_its_review(people, how, manual):
    held = people.reviewed(manual=manual, submitted_by=b"key of anna")
    with people.unchanged():
        assert getattr(people, how)(held, by=b"key of anna") == Refused(R.OWN_REVIEW)
    assert getattr(people, how)(held, by=b"key of bert").seq == 102


@pytest.mark.parametrize("how", ["accept", "reject"])
@pytest.mark.parametrize(("submitted", "by"), [(b"", b""), (b"", b"k"), (b"k", b"")])
def test_where_one_of_both_keys_is_not_known_the_review_is_decided(people, how, submitted, by):
    held = people.reviewed(submitted_by=submitted)
    assert getattr(people, how)(held, by=by).seq == 102


def test_whoever_submitted_a_payment_may_cancel_it(people):
    held = people.reviewed(submitted_by=b"key of anna")
    assert people.cancel(held, by=b"key of anna").state == S.CANCELLED


@pytest.mark.parametrize("how", ["accept", "reject"])
def test_of_a_review_that_is_over_nobody_is_told_whose_it_was(people, how):
    held = people.reviewed(submitted_by=b"k")
    people.cancel(held)
    answer = getattr(people, how)(held, by=b"k")
    assert answer == Refused(R.WRONG_STATE, detail="the payment is cancelled")


def test_an_expired_review_says_so_to_whoever_submitted_it(people):
    held = people.reviewed(submitted_by=b"k")
    people.now = REVIEW_ENDS
    assert people.accept(held, by=b"k").detail == "the review has expired"


def test_a_review_does_not_forget_how_long_the_hold_was_to_last(people):
    held = people.reviewed(manual=True, expires_in_s=60, submitted_by=b"k")
    people.now = NOON + SECOND
    accepted = people.accept(held, by=b"l")
    ends = NOON + SECOND + 60 * SECOND
    assert accepted.expires_at == people.payment(held).expires_at == ends
    assert people.batch.rows_of(HOLDS) == {
        held.payment: Hold(held.payment, 0, ANNA, 100, False, ends, 60, b"k")
    }


# Whether it was ever captured


@pytest.mark.parametrize("how", ["cancel", "expire"])
def test_what_was_captured_and_came_back_stays_counted(people, how):
    anna = people.anna(500, daily_count_max=9, day=DAY, day_amount=50, day_count=3)
    held = people.held("far")
    people.settle_legs(
        people.leg(people.capture(held, 30, final=False)), reasons=[D.CREDITOR_CLOSED]
    )
    assert people.payment(held).captured == 0
    people.now = ENDS
    assert getattr(people, how)(held).amount == 70
    assert (anna.day_amount, anna.day_count) == (80, 4)


# Refunds


@pytest.mark.parametrize("amount", [0, 100, 99, 1])
def test_a_refund_is_reserved_and_asked_of_the_creditors_partition(people, amount):
    paid = people.paid()
    refund = people.refund(paid, amount, details=b"{}")
    amount = amount or 100
    assert refund == done(paid, S.SETTLED, amount=amount, leg=1)
    expected = record(
        K.REFUND_REQUESTED, seq=102, state=S.SETTLED, payment=paid.payment, creditor=SHOP,
        amount=amount, leg=1, fingerprint=78, trace=OTHER_TRACE, key="key-2", details=b"{}",
    )  # fmt: skip
    leg = OpenLeg(paid.payment, 1, 0, 102, True, False, 1, EUR, amount, ANNA, SHOP, OTHER_TRACE)
    assert people.written() == Written(
        [expected], FROM_0, legs_opened=[leg], payments={paid.payment}, keys=[(1, "key-2")],
    )  # fmt: skip
    assert people.moved() == {}
    assert people.payment(paid).refunding == {1: amount}


def test_no_more_is_refunded_than_was_paid(people):
    paid = people.paid()
    with people.unchanged():
        assert people.refund(paid, 101) == Refused(
            R.AMOUNT_TOO_LARGE, "amount", "100 is left to refund"
        )


def test_refunds_under_way_and_done_count_to_the_last_cent(people):
    paid = people.paid()
    first, second = people.refund(paid, 30), people.refund(paid, 69)
    assert (first.leg, second.leg) == (1, 2)
    assert people.refund(paid, 2).detail == "1 is left to refund"
    people.settle_legs(people.leg(first), people.leg(second), reasons=[0, D.INSUFFICIENT_FUNDS])
    assert people.refund(paid, 71).detail == "70 is left to refund"
    last = people.refund(paid, 70)
    assert (last.state, last.amount, last.leg) == (S.PARTIALLY_REFUNDED, 70, 3)
    with people.unchanged():
        assert people.refund(paid) == Refused(
            R.AMOUNT_TOO_LARGE, "amount", "0 is left to refund"
        )  # fmt: skip
        assert people.refund(paid, 1) == people.refund(paid)


def test_what_was_captured_is_refunded_with_the_next_number(people):
    held = people.held()
    people.capture(held, 60)
    people.next_batch()
    refund = people.refund(held)
    assert (refund.amount, refund.leg, refund.seq) == (60, 2, 104)


def test_a_closed_debtor_is_refunded_nothing(people):
    paid = people.paid()
    people.anna(state=CLOSED)
    with people.unchanged():
        assert people.refund(paid) == Refused(R.ACCOUNT_CLOSED, "debtor")


def test_a_frozen_debtor_is_refunded(people):
    paid = people.paid()
    people.anna(state=FROZEN)
    assert people.refund(paid).amount == 100


# Bounds


@pytest.mark.parametrize("creditor", ["shop", "bert"])
@pytest.mark.parametrize(("short_by", "fits"), [(99, False), (100, True), (101, True)])
@pytest.mark.parametrize("how", ["capture", "accept"])
def test_a_creditors_balance_stays_within_its_bound(people, creditor, how, short_by, fits):
    held = people.held(creditor) if how == "capture" else people.reviewed(creditor)
    people.book.by_id[1, creditor].posted = BALANCE_MAX - short_by
    if fits:
        assert getattr(people, how)(held).state == S.SETTLED
        return
    with people.unchanged():
        detail = "the creditor's balance would pass its bound"
        assert getattr(people, how)(held) == Refused(R.AMOUNT_TOO_LARGE, "creditor", detail)


@pytest.mark.parametrize(("short_by", "fits"), [(99, False), (100, True), (101, True)])
def test_a_refund_is_asked_for_only_when_the_debtor_has_room(people, short_by, fits):
    paid = people.paid()
    people.anna(BALANCE_MAX - short_by)
    if fits:
        assert people.refund(paid).amount == 100
        return
    with people.unchanged():
        detail = "the debtor's balance would pass its bound"
        assert people.refund(paid) == Refused(R.AMOUNT_TOO_LARGE, "amount", detail)


def test_refunds_under_way_take_the_debtors_room(people):
    paid = people.paid()
    people.anna(BALANCE_MAX - 100)
    assert people.refund(paid, 60).amount == 60
    assert people.refund(paid, 40).amount == 40
    assert people.fund(1).refusal == R.AMOUNT_TOO_LARGE


@pytest.mark.parametrize(("legs", "fits"), [(31_999, True), (32_000, True), (32_001, False)])
def test_captures_have_a_bound(people, legs, fits):
    held = people.held()
    people.payment(held).next_leg = legs
    if fits:
        assert people.capture(held, 1, final=False).leg == legs
        return
    with people.unchanged():
        detail = "the payment has had 32000 captures"
        assert people.capture(held, 1) == Refused(R.TOO_MANY_MOVEMENTS, detail=detail)
    assert people.cancel(held).amount == 100


@pytest.mark.parametrize(("legs", "fits"), [(32_766, True), (32_767, True), (32_768, False)])
def test_captures_and_refunds_together_have_a_bound(people, legs, fits):
    paid = people.paid()
    people.payment(paid).next_leg = legs
    if fits:
        assert people.refund(paid, 1).leg == legs
        return
    with people.unchanged():
        detail = "the payment has had 32767 captures and refunds"
        assert people.refund(paid, 1) == Refused(R.TOO_MANY_MOVEMENTS, detail=detail)


@pytest.mark.parametrize(("most", "fits"), [(1, False), (2, False), (3, True)])
@pytest.mark.parametrize("how", ["capture", "accept", "refund"])
def test_open_legs_have_a_bound(people, how, most, fits):
    payment = {"capture": people.held, "accept": people.reviewed, "refund": people.paid}[how](
        "shop" if how == "refund" else "far"
    )
    for _ in range(2):
        people.pay(10, creditor="far")
    people.book.open_legs_max = most
    if fits:
        assert getattr(people, how)(payment).amount == 100
        return
    with people.unchanged():
        detail = "too much is on its way to accounts elsewhere"
        assert getattr(people, how)(payment) == Refused(R.OVERLOADED, detail=detail)


def test_what_stays_here_needs_no_room_for_legs(people):
    held = people.held("bert")
    people.book.open_legs_max = 0
    assert people.capture(held).state == S.SETTLED


def test_the_last_rules_of_a_refund_have_an_order(people):
    paid = people.paid()
    people.anna(BALANCE_MAX)
    people.payment(paid).next_leg, people.book.open_legs_max = 32_768, 0
    assert people.refund(paid).refusal == R.AMOUNT_TOO_LARGE
    people.anna(0)
    assert people.refund(paid).refusal == R.TOO_MANY_MOVEMENTS
    people.payment(paid).next_leg = 1
    assert people.refund(paid).refusal == R.OVERLOADED
