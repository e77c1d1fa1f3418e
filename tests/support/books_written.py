"""Puts a model's books into the ledger."""

import json
from typing import Any

from support.books import Books, K

from headrace.runtime.clock import from_us
from headrace.runtime.journal.record import COLUMNS
from headrace.runtime.journal.states import AccountState
from headrace.runtime.ledger import copy


async def write(books: Books) -> None:
    """Brings the ledger up to where the model is."""
    written = books.unwritten()

    async def source() -> Any:
        yield copy.encode(written)

    async with books.database.acquire() as connection, connection.transaction():
        await connection.copy_to_table("journal", source=source(), columns=COLUMNS, format="binary")
        await connection.executemany(
            "UPDATE leases SET last_seq = $2, last_at = $3, last_ordinal = $4, epoch = $5"
            " WHERE partition = $1",
            [(p, seq, from_us(at), last, books.epoch) for p, seq, at, last in books.leases()],
        )
        await connection.executemany(
            "INSERT INTO subject_keys (subject, generation, wrapped, made_at)"
            " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            [(*key.name, key.wrapped, from_us(key.at)) for key in books.subject_keys],
        )
        await connection.execute("DELETE FROM holds")
        await connection.executemany(
            "INSERT INTO holds VALUES ($1, $2, $3, $4, $5, $6)",
            [(payment.hex(), *row, from_us(end)) for payment, *row, end in books.holds()],
        )
        await connection.execute("DELETE FROM accounts")
        await connection.executemany(
            "INSERT INTO accounts SELECT $1, $2, j ->> 'id', c.number, $4,"
            " (j ->> 'credit_line')::bigint, (j ->> 'payment_max')::bigint,"
            " (j ->> 'daily_amount_max')::bigint, (j ->> 'daily_count_max')::bigint, $5"
            " FROM (SELECT $3::jsonb AS j) s JOIN currencies c ON c.code = j ->> 'currency'",
            [_account(books, id) for id in books.settings],
        )


def _account(books: Books, id: str) -> tuple[Any, ...]:
    number, settings = books.numbers[id], books.settings[id]
    (opened,) = [r.at for r in books.records if r.kind == K.ACCOUNT_OPENED and r.credit == number]
    return (
        number, books.tenant, json.dumps(settings), int(AccountState[settings["state"].upper()]),
        from_us(opened),
    )  # fmt: skip
