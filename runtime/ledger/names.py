"""What the ledger's small numbers mean, kept in it too, so that SQL can speak in words."""

from enum import IntEnum

import asyncpg
from iso4217 import Currency
from msgspec import json

from headrace.runtime.database.connect import Connection
from headrace.runtime.database.sql_by_name import load
from headrace.runtime.journal.account_numbers import Role, SystemAccount
from headrace.runtime.journal.kinds import kind_rows
from headrace.runtime.journal.reasons import DeclineReason
from headrace.runtime.journal.states import AccountState, state_rows
from headrace.runtime.money import currency_number, minor_units

SQL = load("headrace.runtime.database", "migrate")
SUBJECTS: dict[str, type[IntEnum]] = {
    "account_state": AccountState,
    "decline_reason": DeclineReason,
    "role": Role,
    "system_account": SystemAccount,
}


def currencies() -> list[tuple[int, str, int]]:
    """Number, code and minor units of every currency that can hold money."""
    return [
        (number, currency.code, minor_units(number))
        for currency in Currency
        if (number := currency_number(currency.code)) is not None
    ]


_Row = dict[str, int | str | bool | None]


async def differing(connection: Connection) -> dict[str, dict[int, _Row]]:
    """Of the tables of kinds and of states the rows, by number, that the ledger lacks or has
    otherwise; what a newer version added is not looked at."""
    found = {}
    for table, rows in (("kinds", kind_rows()), ("states", state_rows())):
        kept = {row["number"]: dict(row) for row in await connection.fetch(SQL[table])}
        found[table] = {number: row for number, row in rows.items() if kept.get(number) != row}
    return found


async def write_names(connection: asyncpg.Connection) -> None:
    """Adds what is new and corrects what was changed."""
    for table, rows in (await differing(connection)).items():
        if rows:
            await connection.execute(SQL[f"drop_{table}"], list(rows))
            written = json.encode(list(rows.values())).decode()
            await connection.execute(SQL[f"write_{table}"], written)
    await connection.execute(SQL["write_currencies"], *map(list, zip(*currencies(), strict=True)))
    named = [(subject, m.value, m.name.lower()) for subject, e in SUBJECTS.items() for m in e]
    await connection.execute(SQL["write_names"], *map(list, zip(*named, strict=True)))
