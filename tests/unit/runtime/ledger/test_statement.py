"""An account's statement: a record told from the side of an account that it changes."""

import pytest
from support.ledger_tokens import TOKENS

from headrace.runtime.clock import DAY_US
from headrace.runtime.ids import payment_id, text
from headrace.runtime.journal.account_numbers import (
    EXTERNAL,
    FIRST_ORDINAL,
    TRANSIT_IN,
    TRANSIT_OUT,
    account_number,
    system_account,
)
from headrace.runtime.journal.kinds import RecordKind as K
from headrace.runtime.journal.record import Record
from headrace.runtime.journal.states import PaymentState
from headrace.runtime.ledger.statement import account_name, counterparty, entry
from headrace.runtime.ledger.views import Entry

AT = 20_000 * DAY_US + 1
ANNA, SHOP = (account_number(3, FIRST_ORDINAL + n) for n in range(2))
BERT = account_number(1, FIRST_ORDINAL)
OUT, IN, EXT = (system_account(3, 978, kind) for kind in (TRANSIT_OUT, TRANSIT_IN, EXTERNAL))
NAMES = {ANNA: "anna", SHOP: "shop", BERT: "bert"}
PAYMENT = payment_id(AT, 3)


def record(kind, debit=ANNA, credit=SHOP, **fields):
    given = {
        "seq": 7, "credit_seq": 9, "partition": 3, "credit_partition": 3, "at": AT,
        "occurred_at": AT - DAY_US, "currency": 978, "amount": 25, "payment": PAYMENT, "tenant": 1,
        "state": PaymentState.SETTLED, "creditor": SHOP, "debit_posted": 10, "debit_held": 2,
        "credit_posted": 30, "credit_held": 4, "reference": "ref",
        "details": b'{"description":"words"}',
    }  # fmt: skip
    return Record(**{**given, "kind": kind, "debit": debit, "credit": credit, **fields})


FIRST = record(K.HELD)
KINDS = {K.DEBITED: "settled", K.CAPTURED: "settled", K.CREDITED: "settled",
         K.REFUND_DEBITED: "refunded"}  # fmt: skip
"""What is told otherwise than the record is called."""


def line(kind, **fields):
    """From the debtor's side."""
    given = {
        "id": TOKENS.id_of(1, 3, 7), "at": "2024-10-04T00:00:00.000001Z", "kind": kind,
        "payment": text(PAYMENT),
        "counterparty": "shop", "amount": -25, "held_amount": 0, "currency": "EUR", "posted": 10,
        "held": 2, "reference": "ref", "description": "words",
    }  # fmt: skip
    return Entry(**{**given, **fields})


CREDITORS = {
    "id": TOKENS.id_of(1, 3, 9), "counterparty": "anna", "amount": 25, "posted": 30, "held": 4,
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "debtors"),
    [
        (K.SETTLED, {}),
        (K.DEBITED, {}),
        (K.CAPTURED, {"held_amount": -25}),
        (K.HELD, {"amount": 0, "held_amount": 25}),
        (K.HELD_FOR_REVIEW, {"amount": 0, "held_amount": 25}),
        (K.RELEASED, {"amount": 0, "held_amount": -25}),
        (K.WITHDRAWN, {}),
        (K.REFUND_DEBITED, {}),
    ],
)
def test_from_the_side_of_the_account_that_is_debited(kind, debtors):
    told = entry(record(kind), FIRST, ANNA, SHOP, NAMES, TOKENS)
    assert told == line(KINDS.get(kind, kind.name.lower()), **debtors)


@pytest.mark.parametrize("kind", [K.SETTLED, K.CAPTURED, K.CREDITED, K.DEPOSITED, K.REFUNDED])
def test_from_the_side_of_the_account_that_is_credited(kind):
    told = entry(record(kind), FIRST, SHOP, ANNA, NAMES, TOKENS)
    assert told == line(KINDS.get(kind, kind.name.lower()), **CREDITORS)


@pytest.mark.parametrize(
    ("kind", "leg", "told"),
    [
        (K.CAPTURED, 0, "settled"), (K.CAPTURED, 1, "captured"), (K.CREDITED, 0, "settled"),
        (K.CREDITED, 2, "captured"), (K.REFUND_DEBITED, 1, "refunded"), (K.REFUNDED, 1, "refunded"),
    ],
)  # fmt: skip
def test_a_movement_is_a_capture_or_a_refund_for_both_parties(kind, leg, told):
    assert entry(record(kind, leg=leg), FIRST, SHOP, ANNA, NAMES, TOKENS).kind == told


def test_texts_are_the_payments():
    captured = record(K.CREDITED, leg=1, reference=None, details=None)
    told = entry(captured, FIRST, SHOP, ANNA, NAMES, TOKENS)
    assert (told.reference, told.description) == ("ref", "words")


def test_a_creditor_of_another_partition_has_its_own_sequence():
    told = entry(record(K.SETTLED, credit=BERT), FIRST, BERT, ANNA, NAMES, TOKENS)
    assert told == line("settled", **{**CREDITORS, "id": TOKENS.id_of(1, 1, 9)})


def test_what_is_of_no_payment_and_no_other_account_says_so():
    opened = record(K.ACCOUNT_OPENED, 0, ANNA, payment=bytes(16), amount=0, reference=None,
                    details=None, creditor=0)  # fmt: skip
    assert entry(opened, opened, ANNA, 0, NAMES, TOKENS) == line(
        "opened", **CREDITORS | {"amount": 0, "payment": None, "counterparty": None},
        reference=None, description=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("told", "account", "other"),
    [
        (record(K.SETTLED), ANNA, SHOP),
        (record(K.SETTLED), SHOP, ANNA),
        (record(K.DEBITED, credit=OUT), ANNA, SHOP),
        (record(K.HELD, credit=0), ANNA, SHOP),
        (record(K.RETURNED, debit=OUT, credit=ANNA), ANNA, SHOP),
        (record(K.REFUNDED, debit=IN, credit=ANNA), ANNA, SHOP),
        (record(K.CREDITED, debit=IN, credit=SHOP), SHOP, BERT),
        (record(K.REFUND_DEBITED, debit=SHOP, credit=OUT), SHOP, BERT),
        (record(K.DEPOSITED, debit=EXT, credit=ANNA, creditor=0), ANNA, EXT),
        (record(K.WITHDRAWN, debit=ANNA, credit=EXT, creditor=0), ANNA, EXT),
        (record(K.ACCOUNT_OPENED, debit=0, credit=ANNA, creditor=0), ANNA, 0),
    ],
)
def test_the_other_side_is_where_the_money_goes_in_the_end(told, account, other):
    assert counterparty(told, account, record(K.DEBITED, debit=BERT)) == other


@pytest.mark.parametrize(
    ("number", "name"),
    [(ANNA, "anna"), (OUT, "transit_out:EUR:3"), (IN, "transit_in:EUR:3"), (EXT, "external:EUR:3")],
)
def test_accounts_have_the_names_that_sql_gives_them(number, name):
    assert account_name(number, "EUR", NAMES) == name
