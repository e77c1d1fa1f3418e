"""A payment as the sum of its records."""

import pytest
from scene import ANNA, EUR, FAR, NOON, OUT_0, SHOP, record

from headrace.runtime.journal.kinds import RecordKind as K
from headrace.runtime.journal.record import NO_LEG
from headrace.runtime.journal.states import PaymentState as S
from headrace.runtime.payments.payment import Payment
from headrace.runtime.payments.states import IllegalTransition

ID = bytes(range(14)) + bytes(2)
FIGURES = (
    "amount", "held", "captured", "refunded", "refundable", "in_transit", "refunding", "next_leg",
)  # fmt: skip


def step(kind, state, amount=100, leg=0, **fields):
    given = {"state": state, "amount": amount, "leg": leg, "debit": ANNA, "creditor": SHOP}
    return record(kind, payment=ID, **{**given, **fields})


def told(*steps):
    """The payment after its records, which are applied in order."""
    payment = Payment(steps[0])
    for later in steps[1:]:
        payment.apply(later)
    return payment


def figures(payment):
    return {name: getattr(payment, name) for name in FIGURES}


def expected(**figures):
    given = dict.fromkeys(FIGURES, 0) | {"in_transit": {}, "refunding": {}, "next_leg": 1}
    return given | {"amount": 100} | figures


HELD = step(K.HELD, S.AUTHORIZED, leg=NO_LEG, expires_at=NOON + 9)


def captured(amount, state=S.PARTIALLY_CAPTURED, leg=1, credit=SHOP):
    return step(K.CAPTURED, state, amount, leg, credit=credit)


def test_what_its_first_record_says():
    payment = told(HELD)
    facts = ("id", "tenant", "debtor", "creditor", "currency", "authorised_at", "manual",
             "expires_at", "state", "batch")  # fmt: skip
    assert {name: getattr(payment, name) for name in facts} == {
        "id": ID, "tenant": 1, "debtor": ANNA, "creditor": SHOP, "currency": EUR,
        "authorised_at": NOON, "manual": True, "expires_at": NOON + 9, "state": S.AUTHORIZED,
        "batch": 0,
    }  # fmt: skip


@pytest.mark.parametrize(("leg", "manual"), [(NO_LEG, True), (0, False), (1, False)])
def test_capture_is_manual_when_the_first_record_has_no_leg(leg, manual):
    assert told(step(K.HELD_FOR_REVIEW, S.IN_REVIEW, leg=leg)).manual is manual


def test_without_an_end_it_never_expires():
    assert told(step(K.SETTLED, S.SETTLED)).expires_at == 0


SENT = step(K.DEBITED, S.AUTHORIZED, creditor=FAR, credit=OUT_0)
REVIEWED = step(K.HELD_FOR_REVIEW, S.IN_REVIEW)
PAID = step(K.SETTLED, S.SETTLED)
ASKED_BACK = step(K.REFUND_REQUESTED, S.SETTLED, 30, 1)
LIVES = {
    "settled": ([PAID], S.SETTLED, expected(captured=100, refundable=100)),
    "declined": ([step(K.DECLINED, S.DECLINED)], S.DECLINED, expected()),
    "sent": ([SENT], S.AUTHORIZED, expected(captured=100, in_transit={0: 100})),
    "arrived": (
        [SENT, step(K.COMPLETED, S.SETTLED)], S.SETTLED, expected(captured=100, refundable=100),
    ),
    "came back": ([SENT, step(K.RETURNED, S.RETURNED)], S.RETURNED, expected()),
    "held": ([HELD], S.AUTHORIZED, expected(held=100)),
    "in review": ([REVIEWED], S.IN_REVIEW, expected(held=100)),
    "accepted": ([REVIEWED, step(K.ACCEPTED, S.AUTHORIZED)], S.AUTHORIZED, expected(held=100)),
    "rejected": ([REVIEWED, step(K.RELEASED, S.DECLINED)], S.DECLINED, expected()),
    "accepted and settled": (
        [REVIEWED, captured(100, S.SETTLED, 0)], S.SETTLED, expected(captured=100, refundable=100),
    ),
    "accepted and sent": (
        [REVIEWED, captured(100, S.CAPTURED, 0, OUT_0)], S.CAPTURED,
        expected(captured=100, in_transit={0: 100}),
    ),
    "captured in part": (
        [HELD, captured(30)], S.PARTIALLY_CAPTURED,
        expected(held=70, captured=30, refundable=30, next_leg=2),
    ),
    "captured in part, under way": (
        [HELD, captured(30, credit=OUT_0)], S.PARTIALLY_CAPTURED,
        expected(held=70, captured=30, in_transit={1: 30}, next_leg=2),
    ),
    "captured in part, arrived": (
        [HELD, captured(30, credit=OUT_0), step(K.COMPLETED, S.PARTIALLY_CAPTURED, 30, 1)],
        S.PARTIALLY_CAPTURED, expected(held=70, captured=30, refundable=30, next_leg=2),
    ),
    "captured in part, came back": (
        [HELD, captured(30, credit=OUT_0), step(K.RETURNED, S.PARTIALLY_CAPTURED, 30, 1)],
        S.PARTIALLY_CAPTURED, expected(held=70, next_leg=2),
    ),
    "captured in part, the rest released": (
        [HELD, captured(30), step(K.RELEASED, S.SETTLED, 70)], S.SETTLED,
        expected(captured=30, refundable=30, next_leg=2),
    ),
    "two captures, one under way": (
        [HELD, captured(30), captured(70, S.CAPTURED, 2, OUT_0)], S.CAPTURED,
        expected(captured=100, refundable=30, in_transit={2: 70}, next_leg=3),
    ),
    "refund asked for": (
        [PAID, ASKED_BACK], S.SETTLED,
        expected(captured=100, refundable=70, refunding={1: 30}, next_leg=2),
    ),
    "refunded in part": (
        [PAID, ASKED_BACK, step(K.REFUNDED, S.PARTIALLY_REFUNDED, 30, 1)], S.PARTIALLY_REFUNDED,
        expected(captured=100, refunded=30, refundable=70, next_leg=2),
    ),
    "refund declined": (
        [PAID, ASKED_BACK, step(K.REFUND_DECLINED, S.SETTLED, 30, 1)], S.SETTLED,
        expected(captured=100, refundable=100, next_leg=2),
    ),
    "two refunds under way, one done": (
        [
            PAID, ASKED_BACK, step(K.REFUND_REQUESTED, S.SETTLED, 40, 2),
            step(K.REFUNDED, S.PARTIALLY_REFUNDED, 40, 2),
        ],
        S.PARTIALLY_REFUNDED,
        expected(captured=100, refunded=40, refundable=30, refunding={1: 30}, next_leg=3),
    ),
    "cancelled": ([HELD, step(K.RELEASED, S.CANCELLED)], S.CANCELLED, expected()),
    "expired": ([HELD, step(K.RELEASED, S.EXPIRED)], S.EXPIRED, expected()),
}  # fmt: skip


@pytest.mark.parametrize("life", LIVES)
def test_its_figures_follow_its_records(life):
    records, state, wanted = LIVES[life]
    payment = told(*records)
    assert payment.state is state
    assert figures(payment) == wanted


def test_acceptance_sets_when_the_hold_ends():
    reviewed = step(K.HELD_FOR_REVIEW, S.IN_REVIEW, leg=NO_LEG, expires_at=NOON + 5)
    assert told(reviewed).expires_at == NOON + 5
    accepted = step(K.ACCEPTED, S.AUTHORIZED, expires_at=NOON + 50)
    assert told(reviewed, accepted).expires_at == NOON + 50
    assert told(reviewed, step(K.ACCEPTED, S.AUTHORIZED)).expires_at == 0


def test_captures_out_of_turn_do_not_use_a_number_twice():
    payment = told(HELD, captured(10, leg=5), captured(10, leg=2))
    assert payment.next_leg == 6


def test_a_move_that_is_not_listed_changes_nothing():
    payment = told(HELD)
    with pytest.raises(IllegalTransition):
        payment.apply(step(K.REFUND_REQUESTED, S.AUTHORIZED))
    assert figures(payment) == expected(held=100)
    assert payment.state is S.AUTHORIZED


@pytest.mark.parametrize("kind", [K.COMPLETED, K.CAPTURED, K.RELEASED, K.REFUNDED, K.ACCEPTED])
def test_no_payment_begins_with(kind):
    with pytest.raises(IllegalTransition):
        told(step(kind, S.SETTLED))


# What becomes of it


def with_legs(state, captured, **in_transit):
    payment = told(HELD)
    payment.state, payment.captured, payment.held = state, captured, 0
    payment.in_transit = {int(leg[1:]): amount for leg, amount in in_transit.items()}
    return payment


@pytest.mark.parametrize(
    ("captured", "legs", "state"),
    [
        (30, {"_1": 30}, S.CAPTURED),
        (30, {}, S.SETTLED),
        (1, {}, S.SETTLED),
        (0, {}, S.RETURNED),
    ],
)
def test_with_nothing_held_any_more_it_is(captured, legs, state):
    assert with_legs(S.PARTIALLY_CAPTURED, captured, **legs).state_when_closed() is state


@pytest.mark.parametrize(
    ("before", "legs", "arrives", "state"),
    [
        (S.AUTHORIZED, {"_0": 100}, 0, S.SETTLED),
        (S.CAPTURED, {"_1": 100}, 1, S.SETTLED),
        (S.CAPTURED, {"_1": 30, "_2": 70}, 1, S.CAPTURED),
        (S.CAPTURED, {"_1": 30, "_2": 70}, 2, S.CAPTURED),
        (S.CAPTURED, {"_1": 100}, 2, S.CAPTURED),
        (S.PARTIALLY_CAPTURED, {"_1": 30}, 1, S.PARTIALLY_CAPTURED),
    ],
)
def test_when_a_leg_arrives_it_is(before, legs, arrives, state):
    assert with_legs(before, 100, **legs).state_after_arrival(arrives) is state


@pytest.mark.parametrize(
    ("before", "captured", "legs", "state"),
    [
        (S.AUTHORIZED, 100, {"_1": 100}, S.RETURNED),
        (S.CAPTURED, 30, {"_1": 30}, S.RETURNED),
        (S.CAPTURED, 31, {"_1": 30}, S.SETTLED),
        (S.CAPTURED, 100, {"_1": 30, "_2": 70}, S.CAPTURED),
        (S.PARTIALLY_CAPTURED, 30, {"_1": 30}, S.PARTIALLY_CAPTURED),
    ],
)
def test_when_a_leg_comes_back_it_is(before, captured, legs, state):
    assert with_legs(before, captured, **legs).state_after_return(1) is state


@pytest.mark.parametrize(
    ("refunded", "amount", "state"),
    [
        (0, 100, S.REFUNDED),
        (0, 99, S.PARTIALLY_REFUNDED),
        (40, 60, S.REFUNDED),
        (40, 59, S.PARTIALLY_REFUNDED),
    ],
)
def test_when_a_refund_is_paid_it_is(refunded, amount, state):
    payment = told(PAID)
    payment.refunded = refunded
    assert payment.state_after_refund(amount) is state


@pytest.mark.parametrize("what", ["state_after_arrival", "state_after_return"])
def test_without_a_state_nothing_can_become_of_it(what):
    payment = told(HELD)
    payment.state = None
    with pytest.raises(ValueError, match="state from its first record"):
        getattr(payment, what)(1)
