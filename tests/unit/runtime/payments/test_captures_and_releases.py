"""What is held is captured, or given back: by cancels, rejections and expiries."""

import pytest
from scene import (
    ANNA,
    BERT,
    CLOSED,
    EUR,
    FAR,
    FROZEN,
    OTHER_TRACE,
    OUT_0,
    OUT_HAS,
    SHOP,
    Written,
)
from scene_of_actions import ENDS, FROM_0, FROM_1, NUMBERS, REVIEW_ENDS, done, hold, taken

from headrace.runtime.journal.kinds import RecordKind as K
from headrace.runtime.journal.reasons import DeclineReason as D
from headrace.runtime.journal.states import PaymentState as S
from headrace.runtime.payments.answer import Done, Refused
from headrace.runtime.payments.holds import HOLDS
from headrace.runtime.payments.open_leg import OpenLeg
from headrace.runtime.refusals import Refusal as R

# Captures


def test_all_that_is_held_is_captured_at_once(people):
    held = people.held()
    captured = people.capture(held)
    assert captured == done(held, S.SETTLED, leg=1)
    expected = taken(
        held, K.CAPTURED, S.SETTLED, leg=1, key="key-2", debit_posted=400, credit=SHOP,
        credit_posted=140,
    )  # fmt: skip
    assert people.written() == Written(
        [expected], FROM_0, holds={held.payment: None}, accounts={ANNA, SHOP},
        payments={held.payment}, keys=[(1, "key-2")],
    )  # fmt: skip
    assert people.moved() == {"anna": (-100, -100), "shop": (100, 0)}
    assert people.payment(held).batch == people.batch.number == 10


def test_captured_for_another_partition_of_the_actor(people):
    held = people.held("bert")
    captured = people.capture(held)
    assert captured == done(held, S.SETTLED, leg=1)
    expected = taken(
        held, K.CAPTURED, S.SETTLED, leg=1, key="key-2", debit_posted=400, creditor=BERT,
        credit=BERT, credit_posted=140, credit_seq=201, credit_partition=1,
    )  # fmt: skip
    assert people.written() == Written(
        [expected], FROM_0 | FROM_1, holds={held.payment: None}, accounts={ANNA, BERT},
        payments={held.payment}, keys=[(1, "key-2")],
    )  # fmt: skip
    assert people.moved() == {"anna": (-100, -100), "bert": (100, 0)}


def test_captured_for_another_actor_it_leaves_by_transit(people):
    held = people.held("far")
    captured = people.capture(held)
    assert captured == done(held, S.CAPTURED, leg=1)
    expected = taken(
        held, K.CAPTURED, S.CAPTURED, leg=1, key="key-2", debit_posted=400, creditor=FAR,
        credit=OUT_0, credit_posted=OUT_HAS + 100,
    )  # fmt: skip
    leg = OpenLeg(held.payment, 1, 0, 102, False, False, 1, EUR, 100, ANNA, FAR, OTHER_TRACE)
    assert people.written() == Written(
        [expected], FROM_0, holds={held.payment: None}, legs_opened=[leg], accounts={ANNA, OUT_0},
        payments={held.payment}, keys=[(1, "key-2")],
    )  # fmt: skip
    assert people.moved() == {"anna": (-100, -100), "out:0": (100, 0)}
    assert people.payment(held).in_transit == {1: 100}


@pytest.mark.parametrize("creditor", NUMBERS)
def test_a_part_is_captured_and_the_rest_stays_held(people, creditor):
    held = people.held(creditor)
    captured = people.capture(held, 30, final=False)
    assert captured == done(held, S.PARTIALLY_CAPTURED, amount=30, leg=1)
    assert people.batch.rows_of(HOLDS) == hold(held, 70)
    assert people.moved()["anna"] == (-30, -30)
    (taken_part,) = people.records()
    assert (taken_part.amount, taken_part.debit_posted, taken_part.debit_held) == (30, 470, 70)
    payment = people.payment(held)
    assert (payment.held, payment.captured, payment.next_leg) == (70, 30, 2)


@pytest.mark.parametrize(
    ("creditor", "state"), [("shop", S.SETTLED), ("bert", S.SETTLED), ("far", S.CAPTURED)]
)
def test_a_final_capture_releases_what_it_leaves(people, creditor, state):
    held = people.held(creditor)
    captured = people.capture(held, 60, details=b"{}")
    assert captured == done(held, state, amount=60, leg=1, seq=103)
    first, second = people.records()
    assert first == taken(
        held, K.RELEASED, S.AUTHORIZED, seq=102, amount=40, leg=1, fingerprint=0, debit_held=60,
        creditor=NUMBERS[creditor], details=b"{}",
    )  # fmt: skip
    assert (second.kind, second.state, second.seq, second.leg) == (K.CAPTURED, state, 103, 1)
    assert (second.key, second.fingerprint, second.details) == ("key-2", 78, b"{}")
    assert people.batch.rows_of(HOLDS) == {held.payment: None}
    assert people.batch.keys == [(1, "key-2")]
    assert people.moved()["anna"] == (-60, -100)
    assert people.payment(held).held == 0


def test_captures_follow_until_the_hold_is_used_up(people):
    held = people.held()
    answers = [people.capture(held, n, final=False) for n in (30, 69, 2, 1, 1)]
    assert [a.state if isinstance(a, Done) else a for a in answers] == [
        S.PARTIALLY_CAPTURED,
        S.PARTIALLY_CAPTURED,
        Refused(R.AMOUNT_TOO_LARGE, "amount", "1 is left to capture"),
        S.SETTLED,
        Refused(R.WRONG_STATE, detail="the payment is settled"),
    ]
    assert [a.leg for a in answers if isinstance(a, Done)] == [1, 2, 3]
    assert people.batch.rows_of(HOLDS) == {held.payment: None}
    assert people.moved() == {"anna": (-100, -100), "shop": (100, 0)}


@pytest.mark.parametrize("final", [False, True])
@pytest.mark.parametrize(("amount", "fits"), [(99, True), (100, True), (101, False)])
def test_no_more_is_captured_than_is_held(people, final, amount, fits):
    held = people.held()
    if fits:
        assert people.capture(held, amount, final=final).amount == amount
        assert people.moved()["shop"] == (amount, 0)
        return
    with people.unchanged():
        assert people.capture(held, amount, final=final) == Refused(
            R.AMOUNT_TOO_LARGE, "amount", "100 is left to capture"
        )


@pytest.mark.parametrize(("late", "fits"), [(-1, True), (0, False), (1, False)])
def test_a_hold_is_captured_until_it_expires(people, late, fits):
    held = people.held()
    people.now = ENDS + late
    if fits:
        assert people.capture(held).at == ENDS + late
        return
    with people.unchanged():
        assert people.capture(held) == Refused(R.WRONG_STATE, detail="the hold has expired")


@pytest.mark.parametrize("partition", [0, 1])
def test_a_hold_has_expired_by_the_later_time_of_both_partitions(people, partition):
    held = people.held("bert")
    people.book.partitions[partition].at = ENDS
    with people.unchanged():
        assert people.capture(held) == Refused(R.WRONG_STATE, detail="the hold has expired")


@pytest.mark.parametrize("debtor", ["OPEN", "FROZEN"])
@pytest.mark.parametrize("creditor", ["OPEN", "FROZEN"])
def test_frozen_accounts_capture_what_was_held_before(people, debtor, creditor):
    held = people.held()
    people.anna(500, held=100, state=type(FROZEN)[debtor])
    people.shop(40, state=type(FROZEN)[creditor])
    assert people.capture(held).state == S.SETTLED


def test_a_closed_creditor_gets_nothing(people):
    held = people.held()
    people.shop(state=CLOSED)
    with people.unchanged():
        assert people.capture(held) == Refused(R.ACCOUNT_CLOSED, "creditor")


def test_the_rest_is_captured_while_an_earlier_leg_is_under_way(people):
    """The creditor was another actor's when the first part left."""
    held = people.held()
    people.capture(held, 30, final=False)
    people.payment(held).in_transit[1] = 30
    assert people.capture(held).state == S.CAPTURED


def test_a_capture_is_final_unless_it_says_otherwise(people):
    held = people.held()
    people.capture(held, 99)
    assert [r.kind for r in people.records()] == [K.RELEASED, K.CAPTURED]


def test_what_a_final_capture_leaves_does_not_count_that_day_and_the_payment_does(people):
    anna = people.anna(500, daily_count_max=9)
    people.capture(people.held(), 60)
    assert (anna.day_amount, anna.day_count) == (60, 1)


def test_nothing_is_released_when_nothing_is_left(people):
    held = people.held()
    people.capture(held, 100)
    assert [r.kind for r in people.records()] == [K.CAPTURED]


# Cancels, rejections, expiries


def released(people, payment, answer, state, reason=0, **fields):
    assert answer == done(payment, state, reason=reason)
    expected = taken(payment, K.RELEASED, state, reason=reason, **fields)
    keys = [(1, expected.key)] if expected.key else []
    assert people.written() == Written(
        [expected], people.batch.started_from, holds={payment.payment: None}, accounts={ANNA},
        payments={payment.payment}, keys=keys,
    )  # fmt: skip
    assert people.moved() == {"anna": (0, -100)}
    assert people.payment(payment).held == 0


def test_a_cancelled_hold_is_given_back(people):
    held = people.held()
    released(people, held, people.cancel(held), S.CANCELLED)


def test_a_cancel_with_a_key_remembers_it(people):
    held = people.held()
    first = people.cancel(held, key="k")
    released(people, held, first, S.CANCELLED, key="k")
    assert people.cancel(held, key="k") == done(held, S.CANCELLED, replayed=True)


def test_a_cancelled_review_is_given_back(people):
    held = people.reviewed()
    released(people, held, people.cancel(held), S.CANCELLED)


def test_a_rejected_review_is_declined(people):
    held = people.reviewed()
    released(people, held, people.reject(held), S.DECLINED, D.REVIEW_REJECTED)


def test_a_review_can_be_rejected_after_its_end(people):
    held = people.reviewed()
    people.now = REVIEW_ENDS + 1
    assert people.reject(held).state == S.DECLINED


@pytest.mark.parametrize(
    ("review", "ends", "reason"), [(False, ENDS, D.NONE), (True, REVIEW_ENDS, D.REVIEW_EXPIRED)]
)
def test_what_is_due_expires_and_not_a_moment_before(people, review, ends, reason):
    held = people.reviewed() if review else people.held()
    people.now = ends - 1
    with people.unchanged():
        state = "in_review" if review else "authorized"
        assert people.expire(held) == Refused(R.WRONG_STATE, detail=f"the payment is {state}")
    people.now = ends
    answer = people.expire(held)
    assert answer == done(held, S.EXPIRED, reason=reason, at=ends)
    expected = taken(held, K.RELEASED, S.EXPIRED, reason=reason, at=ends)
    assert people.written() == Written(
        [expected], FROM_0, holds={held.payment: None}, accounts={ANNA}, payments={held.payment},
    )  # fmt: skip
    assert people.moved() == {"anna": (0, -100)}


@pytest.mark.parametrize("how", ["cancel", "expire"])
@pytest.mark.parametrize(
    ("creditor", "ended", "state"),
    [
        ("shop", None, S.SETTLED),
        ("far", None, S.CAPTURED),
        ("far", "arrived", S.SETTLED),
        ("far", "returned", S.RETURNED),
    ],
)
def test_what_is_left_of_a_hold_ends_as_its_captures_stand(people, how, creditor, ended, state):
    held = people.held(creditor)
    captured = people.capture(held, 30, final=False)
    if ended:
        reason = 0 if ended == "arrived" else D.CREDITOR_CLOSED
        people.settle_legs(people.leg(captured), reasons=[reason])
    people.next_batch()
    people.now = ENDS
    answer = getattr(people, how)(held)
    assert (answer.state, answer.reason, answer.amount, answer.leg) == (state, 0, 70, 0)
    assert people.moved() == {"anna": (0, -70)}
    assert people.batch.rows_of(HOLDS) == {held.payment: None}
    assert people.payment(held).state is state


@pytest.mark.parametrize("how", ["cancel", "reject", "expire"])
@pytest.mark.parametrize("debtor", ["OPEN", "FROZEN"])
def test_a_frozen_account_is_given_back_what_it_held(people, how, debtor):
    held = people.reviewed()
    people.anna(500, held=100, state=type(FROZEN)[debtor])
    people.now = REVIEW_ENDS
    getattr(people, how)(held)
    assert people.moved() == {"anna": (0, -100)}
