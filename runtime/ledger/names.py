"""The names of the ledger's small numbers, kept in it too, so that SQL can speak in words."""

from enum import IntEnum

import asyncpg
from iso4217 import Currency

from headrace.runtime.ledger.statements import load
from headrace.runtime.money import currency_number, minor_units
from headrace.runtime.payments.account import AccountState
from headrace.runtime.payments.refusals import DeclineReason
from headrace.runtime.payments.states import PaymentState, RecordKind

SQL = load("headrace.runtime.ledger", "migrate")
SUBJECTS: dict[str, type[IntEnum]] = {
    "account_state": AccountState,
    "decline_reason": DeclineReason,
    "payment_state": PaymentState,
    "record_kind": RecordKind,
}


def currencies() -> list[tuple[int, str, int]]:
    """Number, code and minor units of every currency that can hold money."""
    return [
        (number, currency.code, minor_units(number))
        for currency in Currency
        if (number := currency_number(currency.code)) is not None
    ]


async def write_names(connection: asyncpg.Connection) -> None:
    """Adds what is new and corrects what was renamed."""
    await connection.execute(SQL["write_currencies"], *map(list, zip(*currencies(), strict=True)))
    named = [(subject, m.value, m.name.lower()) for subject, e in SUBJECTS.items() for m in e]
    await connection.execute(SQL["write_names"], *map(list, zip(*named, strict=True)))
