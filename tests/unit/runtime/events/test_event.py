"""Records told as CloudEvents."""

import msgspec
import pytest
from support.ledger_tokens import TOKENS

from headrace.runtime.events.event import UnknownType, event_of, types_of
from headrace.runtime.ids import payment_id, text
from headrace.runtime.journal.account_numbers import FIRST_ORDINAL, TRANSIT_OUT, system_account
from headrace.runtime.journal.kinds import COUNTERPART_KINDS, KINDS, RecordKind
from headrace.runtime.journal.reasons import DeclineReason
from headrace.runtime.journal.record import NO_LEG, Record
from headrace.runtime.journal.states import PaymentState
from headrace.runtime.journal.telling import EVENTS, kinds_telling
from headrace.runtime.ledger.origins import Origins

S, K = PaymentState, RecordKind
ANNA, SHOP = FIRST_ORDINAL, FIRST_ORDINAL + 1
ACCOUNTS, TENANTS = {ANNA: "anna", SHOP: "shop"}, {1: "acme"}
AT = 1_750_000_000_000_000
PAYMENT = payment_id(AT, 0)


def record(kind: RecordKind, **fields: object) -> Record:
    given = {
        "seq": 7, "credit_seq": 7, "partition": 3, "credit_partition": 3, "at": AT,
        "occurred_at": AT, "tenant": 1, "currency": 978, "amount": 1250, "kind": int(kind),
        "payment": PAYMENT, "state": int(S.SETTLED), "creditor": SHOP, "trace": bytes(range(16)),
    }  # fmt: skip
    return Record(**{**given, **fields})


FIRST = record(
    K.HELD, debit=ANNA, leg=NO_LEG, key="first", reference="r", details=b'{"description":"d"}'
)


def told(kind: RecordKind, *before: Record, **fields: object):
    return event_of(record(kind, **fields), Origins(before or [FIRST]), ACCOUNTS, TENANTS, TOKENS)


def test_types_are_known_with_and_without_prefix():
    asked = ["payment.settled", "com.headrace.account.closed"]
    assert types_of(asked) == {"payment.settled", "account.closed"}
    assert types_of(EVENTS) == set(EVENTS)
    for unknown in ("payment.credited", "payment.completed", "payment.debited"):
        with pytest.raises(UnknownType, match=unknown):
            types_of(["payment.settled", unknown])


def test_the_kinds_that_tell_a_type_are_found_by_it():
    assert kinds_telling(["payment.settled"]) == {K.SETTLED, K.COMPLETED, K.CAPTURED}
    assert kinds_telling(["payment.captured"]) == {K.COMPLETED, K.CAPTURED}
    every = set(RecordKind) - COUNTERPART_KINDS - {K.DEBITED}
    assert kinds_telling(EVENTS) == every == KINDS["event"]


@pytest.mark.parametrize(
    ("kind", "leg", "type"),
    [
        (K.SETTLED, 0, "payment.settled"), (K.COMPLETED, 0, "payment.settled"),
        (K.CAPTURED, 0, "payment.settled"), (K.COMPLETED, 1, "payment.captured"),
        (K.CAPTURED, 1, "payment.captured"), (K.RETURNED, 1, "payment.returned"),
    ],
)  # fmt: skip
def test_one_thing_has_one_type_wherever_it_happens(kind, leg, type):
    assert told(kind, leg=leg, debit=ANNA, credit=SHOP).type == "com.headrace." + type


@pytest.mark.parametrize("kind", [K.DEBITED, K.CAPTURED])
def test_money_on_its_way_is_no_event(kind):
    with pytest.raises(KeyError):
        told(kind, debit=ANNA, credit=system_account(3, 978, TRANSIT_OUT))


@pytest.mark.parametrize("kind", COUNTERPART_KINDS)
def test_a_counterparts_entry_is_no_event(kind):
    with pytest.raises(KeyError):
        told(kind)


def test_a_cloud_event_has_every_attribute_that_the_standard_asks_for():
    event = msgspec.to_builtins(told(K.SETTLED, debit=ANNA, credit=SHOP))
    assert {k: v for k, v in event.items() if k != "data"} == {
        "specversion": "1.0",
        "id": TOKENS.id_of(1, 3, 7),
        "source": "/v1/events",
        "type": "com.headrace.payment.settled",
        "subject": text(PAYMENT),
        "time": "2025-06-15T15:06:40.000000Z",
        "datacontenttype": "application/json",
        "tenant": "acme",
    }
    assert msgspec.json.decode(msgspec.json.encode(event)) == event


def test_a_first_record_tells_the_whole_payment():
    data = msgspec.to_builtins(
        told(
            K.HELD_FOR_REVIEW, state=S.IN_REVIEW, debit=ANNA, leg=NO_LEG, key="k", reference="r",
            details=b'{"description":"d","metadata":{"a":"b"}}', risk_score=900, risk_flags=3,
            risk_model=2, expires_at=AT + 1,
        ).data
    )  # fmt: skip
    assert data == {
        "payment": text(PAYMENT), "status": "in_review", "amount": 1250, "currency": "EUR",
        "debtor": "anna", "creditor": "shop", "capture": "manual", "idempotency_key": "k",
        "reference": "r", "description": "d", "metadata": {"a": "b"}, "risk_degraded": True,
        "risk": {"outcome": "review", "score": 900, "model": 2,
                 "reasons": ["degraded", "model_review"]},
        "occurred_at": "2025-06-15T15:06:40.000000Z",
        "expires_at": "2025-06-15T15:06:40.000001Z",
        "trace_id": bytes(range(16)).hex(),
    }  # fmt: skip


def test_a_later_record_tells_its_payments_texts_and_the_key_that_it_was_asked_with():
    opened = record(K.CAPTURED, leg=2, key="capture")
    assert told(K.COMPLETED, FIRST, opened, leg=2).data == {
        "payment": text(PAYMENT), "status": "settled", "amount": 1250, "currency": "EUR",
        "movement": 2, "debtor": "anna", "creditor": "shop", "idempotency_key": "capture",
        "reference": "r", "description": "d", "trace_id": bytes(range(16)).hex(),
    }  # fmt: skip


def test_a_payment_that_arrived_is_told_as_one_settled_at_once():
    fields = {"debit": ANNA, "credit": SHOP, "key": "k", "reference": "r", "risk_score": 31}
    at_once = told(K.SETTLED, **fields)
    debited = record(K.DEBITED, **fields)
    assert told(K.COMPLETED, debited) == at_once


def test_money_that_comes_back_names_the_debtor():
    reason = int(DeclineReason.CREDITOR_CLOSED)
    data = told(K.RETURNED, FIRST, state=S.RETURNED, debit=2, credit=ANNA, reason=reason).data
    assert (data["debtor"], data["decline_reason"]) == ("anna", "creditor_closed")


def test_accounts_are_told_by_their_settings_and_deposits_by_their_balance():
    opened = told(K.ACCOUNT_OPENED, credit=ANNA, payment=bytes(16), details=b'{"id":"anna"}')
    assert (opened.subject, opened.data["id"]) == ("anna", "anna")
    deposit = told(K.DEPOSITED, debit=1, credit=ANNA, credit_posted=9, credit_held=2, key="k")
    assert deposit.subject == "anna"
    assert deposit.data == {
        "account": "anna", "amount": 1250, "currency": "EUR", "posted": 9, "held": 2,
        "idempotency_key": "k", "trace_id": bytes(range(16)).hex(),
    }  # fmt: skip
    withdrawal = told(K.WITHDRAWN, debit=ANNA, credit=1, debit_posted=5)
    assert (withdrawal.subject, withdrawal.data["posted"]) == ("anna", 5)
