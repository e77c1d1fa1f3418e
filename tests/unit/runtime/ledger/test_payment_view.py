"""A payment's records in words."""

import pytest
from support.ledger_tokens import TOKENS

from headrace.runtime.ids import payment_id, text
from headrace.runtime.journal.account_numbers import FIRST_ORDINAL, TRANSIT_OUT, system_account
from headrace.runtime.journal.kinds import KINDS, RecordKind
from headrace.runtime.journal.reasons import DeclineReason
from headrace.runtime.journal.record import NO_LEG, Record
from headrace.runtime.journal.states import PaymentState
from headrace.runtime.ledger.payment_view import (
    movements,
    operation,
    payment_view,
    timeline,
)
from headrace.runtime.ledger.views import (
    Details,
    Movement,
    Operation,
    PaymentView,
    Risk,
    TimelineEntry,
    details_of,
    reason_name,
    risk_outcome,
)

S, K = PaymentState, RecordKind
ANNA, SHOP, TRANSIT = FIRST_ORDINAL, FIRST_ORDINAL + 1, system_account(0, 978, TRANSIT_OUT)
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
    (K.RELEASED, S.PARTIALLY_CAPTURED, 2, 70),
    (K.CAPTURED, S.CAPTURED, 2, 20),
    (K.COMPLETED, S.CAPTURED, 1, 10),
    (K.RETURNED, S.SETTLED, 2, 20),
)


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


def test_a_payment_is_told_in_full():
    held, captured, refund = records(
        (K.HELD, S.AUTHORIZED, NO_LEG, 100), (K.CAPTURED, S.CAPTURED, 1, 100),
        (K.COMPLETED, S.SETTLED, 1, 100),
    )  # fmt: skip
    held.key, held.reference, held.trace = "key-1", "ref", bytes(range(16))
    held.details = b'{"description":"words","metadata":{"a":[1]}}'
    held.risk_score, held.risk_model, held.risk_flags = 120, 3, 1 | 8
    held.expires_at, held.occurred_at, captured.key = 9_000_000, 500_000, "key-2"
    view = payment_view([held, captured, refund], NAMES)
    movement = Movement(
        id=f"{text(PAYMENT)}:1", kind="capture", amount=100, status="settled", decline_reason=None,
        created_at="1970-01-01T00:00:02.000000Z", idempotency_key="key-2",
    )  # fmt: skip
    assert view == PaymentView(
        id=text(PAYMENT), status="settled", debtor="anna", creditor="shop", amount=100,
        currency="EUR", capture="manual", idempotency_key="key-1", reference="ref",
        description="words", metadata={"a": [1]}, decline_reason=None,
        risk=Risk(outcome="accept", score=120, model=3, reasons=["degraded", "amount_above_habit"]),
        risk_degraded=True,
        held_amount=0, captured_amount=100, refunded_amount=0, refundable_amount=100,
        created_at="1970-01-01T00:00:01.000000Z", updated_at="1970-01-01T00:00:03.000000Z",
        occurred_at="1970-01-01T00:00:00.500000Z", expires_at="1970-01-01T00:00:09.000000Z",
        trace_id=bytes(range(16)).hex(), movements=[movement],
    )  # fmt: skip


def test_what_a_payment_has_not_is_not_told():
    view = payment_view(records((K.SETTLED, S.SETTLED, 0, 5)), NAMES)
    assert (view.capture, view.expires_at, view.movements) == ("automatic", None, [])
    assert (view.description, view.metadata, view.risk_degraded) == (None, None, False)
    assert details_of(None) == details_of(b"") == Details(None, None)


@pytest.mark.parametrize(
    ("steps", "reasons", "told"),
    [
        ([(K.DECLINED, S.DECLINED, 0, 5)], [6], "insufficient_funds"),
        ([(K.HELD, S.AUTHORIZED, NO_LEG, 5), (K.RELEASED, S.EXPIRED, 0, 5)], [0, 0], None),
        (
            [(K.HELD_FOR_REVIEW, S.IN_REVIEW, 0, 5), (K.RELEASED, S.EXPIRED, 0, 5)],
            [0, 8], "review_expired",
        ),
        (
            [(K.HELD_FOR_REVIEW, S.IN_REVIEW, 0, 5), (K.RELEASED, S.CANCELLED, 0, 5)], [0, 7], None,
        ),
        (
            [(K.DEBITED, S.AUTHORIZED, 0, 5), (K.RETURNED, S.RETURNED, 0, 5)],
            [0, 9], "creditor_closed",
        ),
        ([(K.DEBITED, S.AUTHORIZED, 0, 5), (K.COMPLETED, S.SETTLED, 0, 5)], [0, 0], None),
    ],
)  # fmt: skip
def test_the_reason_of_an_end_is_its_last_records(steps, reasons, told):
    lived = records(*steps)
    for record, reason in zip(lived, reasons, strict=True):
        record.reason = reason
    assert payment_view(lived, NAMES).decline_reason == told


@pytest.mark.parametrize(
    ("end", "reason", "status", "told"),
    [
        (None, 0, "pending", None),
        (K.REFUNDED, 0, "settled", None),
        (K.REFUND_DECLINED, 10, "declined", "creditor_frozen"),
    ],
)
def test_a_refund_is_a_movement_of_its_own(end, reason, status, told):
    steps = [(K.SETTLED, S.SETTLED, 0, 9), (K.REFUND_REQUESTED, S.SETTLED, 1, 4)]
    lived = records(*steps, *([(end, S.SETTLED, 1, 4)] if end else []))
    lived[-1].reason = reason
    (movement,) = movements(lived)
    assert (movement.kind, movement.amount, movement.status, movement.decline_reason) == (
        "refund", 4, status, told,
    )  # fmt: skip


def test_an_accepted_payment_has_no_movement():
    assert movements(records((K.HELD_FOR_REVIEW, S.IN_REVIEW, 0, 9),
                             (K.CAPTURED, S.CAPTURED, 0, 9))) == []  # fmt: skip


def test_a_timeline_tells_each_event():
    held, captured = records((K.HELD, S.AUTHORIZED, NO_LEG, 9), (K.CAPTURED, S.SETTLED, 1, 9))
    captured.key, captured.reason, captured.trace = "k", 9, bytes(range(16))
    captured.partition, captured.credit = 4, SHOP
    assert timeline([held, captured], TOKENS) == [
        TimelineEntry(
            id=TOKENS.id_of(1, 0, 1), kind="held", at="1970-01-01T00:00:01.000000Z",
            status="authorized", amount=9,
            movement=None, decline_reason=None, idempotency_key=None, trace_id="0" * 32,
        ),
        TimelineEntry(
            id=TOKENS.id_of(1, 4, 2), kind="captured", at="1970-01-01T00:00:02.000000Z",
            status="settled",
            amount=9, movement=1, decline_reason="creditor_closed", idempotency_key="k",
            trace_id=bytes(range(16)).hex(),
        ),
    ]  # fmt: skip


SENT, ASKED = (K.DEBITED, S.AUTHORIZED, 0, 9), (K.REFUND_REQUESTED, S.SETTLED, 1, 9)


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([SENT], [("sent", "a")]),
        ([SENT, (K.COMPLETED, S.SETTLED, 0, 9)], [("settled", "a")]),
        ([SENT, (K.RETURNED, S.RETURNED, 0, 9)], [("returned", "a")]),
        (
            [(K.HELD, S.AUTHORIZED, NO_LEG, 9), (K.CAPTURED, S.PARTIALLY_CAPTURED, 1, 4),
             (K.CAPTURED, S.CAPTURED, 2, 5), (K.COMPLETED, S.CAPTURED, 2, 5)],
            [("held", "a"), ("sent", "b"), ("captured", "c")],
        ),
        (
            [SENT, (K.COMPLETED, S.SETTLED, 0, 9), ASKED, (K.REFUNDED, S.REFUNDED, 1, 9)],
            [("settled", "a"), ("refund_requested", "c"), ("refunded", "c")],
        ),
    ],
)  # fmt: skip
def test_money_on_its_way_is_a_step_until_its_end_is_told_with_the_same_key(steps, told):
    lived = records(*steps)
    for record, key in zip(lived, "abcdef", strict=False):
        record.key = None if record.kind in KINDS["ends_leg"] else key
    assert [(step.kind, step.idempotency_key) for step in timeline(lived, TOKENS)] == told


@pytest.mark.parametrize(
    ("kind", "leg", "told"),
    [
        (K.SETTLED, 0, {"kind": "payment"}),
        (K.HELD, NO_LEG, {"kind": "payment"}),
        (K.DECLINED, 0, {"kind": "payment"}),
        (K.CAPTURED, 2, {"kind": "capture", "leg": 2}),
        (K.REFUND_REQUESTED, 1, {"kind": "refund", "leg": 1}),
        (K.RELEASED, 0, {"kind": "payment"}),
        (K.DEPOSITED, 0, {"kind": "deposit", "account": "shop", "posted": 30, "held": 4}),
        (K.WITHDRAWN, 0, {"kind": "withdrawal", "account": "anna", "posted": 10, "held": 2}),
    ],
)
def test_what_a_key_was_used_for(kind, leg, told):
    used = Record(
        seq=8, partition=3, at=1_000_000, currency=978, kind=int(kind), leg=leg, amount=7,
        payment=PAYMENT, debit=ANNA, credit=SHOP, debit_posted=10, debit_held=2, credit_posted=30,
        credit_held=4, fingerprint=-5, reference="ref", details=b'{"description":"words"}',
    )  # fmt: skip
    funding = kind in (K.DEPOSITED, K.WITHDRAWN)
    given = {
        "partition": 3, "seq": 8, "fingerprint": -5, "amount": 7, "currency": "EUR",
        "created_at": "1970-01-01T00:00:01.000000Z", "payment": b"" if funding else PAYMENT,
        "leg": 0, "account": None, "posted": None, "held": None, "reference": "ref",
        "description": "words", "metadata": None,
    }  # fmt: skip
    assert operation(used, NAMES) == Operation(**{**given, **told})


def test_reasons_are_told_in_words():
    assert [reason_name(n) for n in (0, 1, 11)] == [None, "payment_limit", "balance_limit"]


def test_what_is_no_capture_or_refund_is_no_movement_of_a_timeline():
    (sent,) = timeline(records((K.DEBITED, S.AUTHORIZED, 0, 9)), TOKENS)
    assert sent.movement is None


@pytest.mark.parametrize(("score", "told"), [(-1, None), (0, 0), (1, 1)])
def test_a_score_of_nothing_is_a_score(score, told):
    (paid,) = records((K.SETTLED, S.SETTLED, 0, 5))
    paid.risk_score, paid.risk_model = score, 3
    view = payment_view([paid], NAMES)
    assert (view.risk.score, view.risk.model) == (told, None if told is None else 3)
