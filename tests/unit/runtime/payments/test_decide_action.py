"""What is done to a payment at its home: captures, refunds, cancels, reviews and expiries."""

import pytest
from scene import (
    ANNA,
    BERT,
    CLOSED,
    DAY,
    EUR,
    FAR,
    FROZEN,
    NOON,
    OTHER_TRACE,
    OUT_0,
    OUT_HAS,
    REVIEWED,
    SECOND,
    SHOP,
    TIMES,
    Written,
    record,
)

from headrace.runtime.clock import DAY_US
from headrace.runtime.journal.kinds import RecordKind as K
from headrace.runtime.journal.reasons import DeclineReason as D
from headrace.runtime.journal.states import PaymentState as S
from headrace.runtime.money import BALANCE_MAX
from headrace.runtime.payments.answer import Done, Refused
from headrace.runtime.payments.book import OpenLeg
from headrace.runtime.payments.command import PaymentAction as A
from headrace.runtime.payments.holds import HOLDS, Hold
from headrace.runtime.refusals import Refusal as R

ENDS = NOON + TIMES.hold_s * SECOND
REVIEW_ENDS = NOON + TIMES.review_s * SECOND
FROM_0, FROM_1 = {0: (101, NOON, 105_000)}, {1: (200, NOON - SECOND, 106_000)}
NUMBERS = {"shop": SHOP, "bert": BERT, "far": FAR}


@pytest.fixture
def people(scene):
    """Anna has 500; three creditors have 40, or are another actor's."""
    scene.anna(500)
    scene.shop(40)
    scene.bert(40)
    scene.far()
    return scene


def done(payment, state, **fields):
    """The answer expected of the first thing done in the batch after the payment's."""
    given = {"partition": 0, "seq": 102, "at": NOON, "payment": payment.payment, "amount": 100}
    return Done(**{**given, "state": state, **fields})


def taken(payment, kind, state, **fields):
    """Its record."""
    given = {
        "seq": 102, "state": state, "payment": payment.payment, "creditor": SHOP,
        "fingerprint": 78, "trace": OTHER_TRACE, "debit": ANNA, "debit_posted": 500,
    }  # fmt: skip
    return record(kind, **{**given, **fields})


def hold(payment, amount, review=False, ends=ENDS):
    return {payment.payment: Hold(payment.payment, 0, ANNA, amount, review, ends, 0, b"")}


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
    assert captured == done(held, state, amount=60, leg=1)
    first, second = people.records()
    assert (first.kind, first.state, first.seq, first.leg) == (K.CAPTURED, state, 102, 1)
    assert (first.key, first.fingerprint, first.details) == ("key-2", 78, b"{}")
    assert second == taken(
        held, K.RELEASED, state, seq=103, amount=40, leg=1, fingerprint=0, debit_posted=440,
        creditor=NUMBERS[creditor], details=b"{}",
    )  # fmt: skip
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
    assert [r.kind for r in people.records()] == [K.CAPTURED, K.RELEASED]


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
        people.arrive(people.leg(captured), reasons=[reason])
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
    people.arrive(people.leg(first), people.leg(second), reasons=[0, D.INSUFFICIENT_FUNDS])
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
    people.arrive(people.leg(people.refund(paid)))
    assert (anna.posted, anna.day_amount, anna.day_count) == (500, 100, 1)


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
    people.arrive(people.leg(people.capture(held, 30, final=False)), reasons=[D.CREDITOR_CLOSED])
    assert people.payment(held).captured == 0
    people.now = ENDS
    assert getattr(people, how)(held).amount == 70
    assert (anna.day_amount, anna.day_count) == (80, 4)


# All in one batch


def test_held_captured_and_asked_back_in_one_batch(people):
    held = people.pay(100, manual_capture=True)
    people.capture(held, 60)
    refund = people.refund(held, 20)
    assert [(r.seq, r.kind, r.leg) for r in people.records()] == [
        (101, K.HELD, -1), (102, K.CAPTURED, 1), (103, K.RELEASED, 1),
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
