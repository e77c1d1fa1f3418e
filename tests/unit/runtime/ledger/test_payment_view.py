"""A payment's records in words."""

import pytest

from headrace.runtime.ids import payment_id
from headrace.runtime.ledger.payment_view import movements, payment_view, standing_at
from headrace.runtime.ledger.record import NO_LEG, Record
from headrace.runtime.ledger.views import risk_outcome
from headrace.runtime.partitioning import TRANSIT_OUT, system_account
from headrace.runtime.payments.refusals import DeclineReason
from headrace.runtime.payments.states import PaymentState, RecordKind

S, K = PaymentState, RecordKind
ANNA, SHOP, TRANSIT = 4096, 4097, system_account(0, 978, TRANSIT_OUT)
NAMES = {ANNA: "anna", SHOP: "shop"}
PAYMENT = payment_id(1_000_000, 0)


def records(*steps: tuple[RecordKind, PaymentState, int, int]) -> list[Record]:
    """Kind, state, leg and amount of each."""
    return [
        Record(
            seq=n, credit_seq=n, partition=0, credit_partition=0, at=n * 1_000_000,
            occurred_at=n * 1_000_000, tenant=1, currency=978, kind=int(kind), state=int(state),
            leg=leg, amount=amount, payment=PAYMENT, debit=ANNA, creditor=SHOP,
            credit=TRANSIT if kind in (K.DEBITED, K.CAPTURED) else 0,
        )
        for n, (kind, state, leg, amount) in enumerate(steps, 1)
    ]  # fmt: skip


HELD_AND_CAPTURED = records(
    (K.HELD, S.AUTHORIZED, NO_LEG, 100),
    (K.CAPTURED, S.PARTIALLY_CAPTURED, 1, 10),
    (K.CAPTURED, S.CAPTURED, 2, 20),
    (K.RELEASED, S.CAPTURED, 2, 70),
    (K.COMPLETED, S.CAPTURED, 1, 10),
    (K.RETURNED, S.SETTLED, 2, 20),
)


def test_a_final_capture_stands_with_what_it_released():
    assert [len(standing_at(HELD_AND_CAPTURED, seq)) for seq in range(7)] == [0, 1, 2, 4, 4, 5, 6]


def test_a_cancelled_rest_is_no_part_of_the_capture_before_it():
    cancelled = [*HELD_AND_CAPTURED[:2], *records((K.RELEASED, S.CAPTURED, 0, 90))]
    cancelled[2].seq = 3
    assert len(standing_at(cancelled, 2)) == 2


@pytest.mark.parametrize(
    ("upto", "held", "captured", "refundable", "told"),
    [
        (1, 100, 0, 0, []),
        (2, 90, 10, 0, ["pending"]),
        (4, 0, 30, 0, ["pending", "pending"]),
        (5, 0, 30, 10, ["settled", "pending"]),
        (6, 0, 10, 10, ["settled", "declined"]),
    ],
)
def test_figures_follow_the_records(upto, held, captured, refundable, told):
    view = payment_view(HELD_AND_CAPTURED[:upto], NAMES)
    assert (view.held_amount, view.captured_amount, view.refundable_amount) == (
        held, captured, refundable,
    )  # fmt: skip
    assert [m.status for m in view.movements] == told


def test_a_capture_between_accounts_of_one_actor_is_settled_at_once():
    captured = records((K.HELD, S.AUTHORIZED, NO_LEG, 9), (K.CAPTURED, S.SETTLED, 1, 9))
    captured[1].credit = SHOP
    assert [m.status for m in movements(captured)] == ["settled"]


@pytest.mark.parametrize(
    ("state", "reason", "outcome"),
    [
        (S.SETTLED, DeclineReason.NONE, "accept"),
        (S.AUTHORIZED, DeclineReason.NONE, "accept"),
        (S.IN_REVIEW, DeclineReason.NONE, "review"),
        (S.DECLINED, DeclineReason.RISK_REJECTED, "reject"),
        (S.DECLINED, DeclineReason.RISK_UNAVAILABLE, "reject"),
        (S.DECLINED, DeclineReason.INSUFFICIENT_FUNDS, None),
        (S.DECLINED, DeclineReason.PAYMENT_LIMIT, None),
    ],
)
def test_what_risk_said_is_told_where_it_can_be(state, reason, outcome):
    assert risk_outcome(state, reason) == outcome


def test_a_payment_that_nobody_scored_says_so():
    view = payment_view(records((K.DECLINED, S.DECLINED, 0, 5)), NAMES)
    assert (view.risk.score, view.risk.model, view.risk.reasons) == (None, None, [])
