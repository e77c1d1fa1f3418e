"""Records told as CloudEvents."""

import msgspec
import pytest
from support.ledger_tokens import TOKENS

from headrace.runtime.events.event import TYPES, UnknownType, event_of, kinds_of
from headrace.runtime.ids import payment_id, text
from headrace.runtime.journal.account_numbers import FIRST_ORDINAL
from headrace.runtime.journal.kinds import COUNTERPART_KINDS, RecordKind
from headrace.runtime.journal.reasons import DeclineReason
from headrace.runtime.journal.record import NO_LEG, Record
from headrace.runtime.journal.states import PaymentState

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


def told(kind: RecordKind, **fields: object):
    return event_of(record(kind, **fields), ACCOUNTS, TENANTS, TOKENS)


def test_every_kind_but_a_counterparts_is_an_event_with_a_type_of_its_own():
    assert set(TYPES) == set(RecordKind) - COUNTERPART_KINDS
    assert len(set(TYPES.values())) == len(TYPES)
    assert TYPES[K.ACCOUNT_OPENED] == "com.headrace.account.opened"
    assert TYPES[K.DEPOSITED] == "com.headrace.account.deposited"
    assert TYPES[K.HELD_FOR_REVIEW] == "com.headrace.payment.held_for_review"


def test_types_are_known_with_and_without_prefix():
    assert kinds_of(["payment.settled", "com.headrace.account.closed"]) == {
        K.SETTLED, K.ACCOUNT_CLOSED,
    }  # fmt: skip
    assert kinds_of(TYPES.values()) == set(TYPES)
    with pytest.raises(UnknownType, match=r"payment\.credited"):
        kinds_of(["payment.settled", "payment.credited"])


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


def test_a_later_record_tells_only_what_it_adds():
    assert told(K.COMPLETED, leg=2).data == {
        "payment": text(PAYMENT), "status": "settled", "amount": 1250, "currency": "EUR",
        "movement": 2, "creditor": "shop", "trace_id": bytes(range(16)).hex(),
    }  # fmt: skip


def test_money_that_comes_back_names_the_debtor():
    reason = int(DeclineReason.CREDITOR_CLOSED)
    data = told(K.RETURNED, state=S.RETURNED, debit=2, credit=ANNA, reason=reason).data
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
