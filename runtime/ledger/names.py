"""The names of the ledger's small numbers, kept in it too, so that SQL can speak in words."""

from enum import IntEnum

import asyncpg
from iso4217 import Currency

from headrace.runtime.money import currency_number, minor_units
from headrace.runtime.payments.account import AccountState
from headrace.runtime.payments.refusals import DeclineReason
from headrace.runtime.payments.states import PaymentState, RecordKind

SUBJECTS: dict[str, type[IntEnum]] = {
    "account_state": AccountState,
    "decline_reason": DeclineReason,
    "payment_state": PaymentState,
    "record_kind": RecordKind,
}

_CURRENCIES = """
INSERT INTO currencies (number, code, minor_units)
SELECT * FROM unnest($1::smallint[], $2::text[], $3::smallint[])
ON CONFLICT (number) DO UPDATE SET code = excluded.code, minor_units = excluded.minor_units
WHERE (currencies.code, currencies.minor_units) <> (excluded.code, excluded.minor_units)"""
_NAMES = """
INSERT INTO names (subject, number, name)
SELECT * FROM unnest($1::text[], $2::smallint[], $3::text[])
ON CONFLICT (subject, number) DO UPDATE SET name = excluded.name
WHERE names.name <> excluded.name"""


def currencies() -> list[tuple[int, str, int]]:
    """Number, code and minor units of every currency that can hold money."""
    return [
        (number, currency.code, minor_units(number))
        for currency in Currency
        if (number := currency_number(currency.code)) is not None
    ]


async def write_names(connection: asyncpg.Connection) -> None:
    """Adds what is new and corrects what was renamed."""
    await connection.execute(_CURRENCIES, *map(list, zip(*currencies(), strict=True)))
    named = [(subject, m.value, m.name.lower()) for subject, e in SUBJECTS.items() for m in e]
    await connection.execute(_NAMES, *map(list, zip(*named, strict=True)))
