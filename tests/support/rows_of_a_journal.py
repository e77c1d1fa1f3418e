"""Rows as readers get them: accounts anna, shop and bert, and a payment between them."""

from typing import Any
from uuid import UUID

from headrace.runtime.clock import from_us
from headrace.runtime.ids import payment_id
from headrace.runtime.journal.account_numbers import (
    FIRST_ORDINAL,
    account_number,
)
from headrace.runtime.journal.kinds import RecordKind as K
from headrace.runtime.journal.record import Record
from headrace.runtime.journal.states import PaymentState as S
from headrace.runtime.ledger import read_accounts
from headrace.runtime.ledger.read_payments import SQL as PAYMENTS

EUR, AT = 978, 1_700_000_000_000_000
ANNA, SHOP, BERT = (account_number(1, FIRST_ORDINAL + n) for n in range(3))
STRANGER = account_number(99, FIRST_ORDINAL + 9)
PAYMENT, OTHER = payment_id(AT, 1), payment_id(AT + 1_000, 1)
NAMES = {ANNA: "anna", SHOP: "shop", BERT: "bert"}
ACCOUNTS = read_accounts.SQL | PAYMENTS


def journal(**fields: Any) -> dict[str, Any]:
    given = {name: getattr(Record(), name) for name in Record.__struct_fields__}
    given |= {
        "payment": UUID(bytes=PAYMENT), "trace": UUID(int=9), "at": from_us(AT),
        "occurred_at": from_us(AT), "tenant": 5, "debit": ANNA, "credit": SHOP, "creditor": SHOP,
        "amount": 30, "currency": EUR, "partition": 1, "credit_partition": 1, "kind": K.SETTLED,
        "state": S.SETTLED, "seq": 4, "credit_seq": 4,
    }  # fmt: skip
    return {**given, **fields}


def named(numbers: list[int]) -> list[dict[str, Any]]:
    return [{"number": n, "id": NAMES[n]} for n in numbers if n in NAMES]
