"""Reads what the judge compares, straight from the database."""

import asyncpg

from headrace.loadtests.chaos.judge import Ledger, Row
from headrace.runtime.ids import text

NO_PAYMENT = "00000000-0000-0000-0000-000000000000"

ROWS = """
SELECT j.partition, j.seq, j.credit_partition, j.credit_seq, j.kind, j.state, j.payment, j.leg,
       j.amount, j.key, coalesce(d.id, '') AS debtor, coalesce(c.id, '') AS creditor,
       j.kind IN (11, 16) AND j.credit <> j.creditor AS crosses
FROM journal j
LEFT JOIN accounts d ON d.number = j.debit
LEFT JOIN accounts c ON c.number = j.creditor
WHERE j.payment <> $1
ORDER BY j.partition, j.seq
"""
SEQUENCES = """
SELECT partition, array_agg(seq ORDER BY seq) AS seqs FROM (
    SELECT partition, seq FROM journal
    UNION ALL
    SELECT credit_partition, credit_seq FROM journal WHERE credit_partition <> partition
) s GROUP BY partition
"""


async def read(url: str) -> Ledger:
    """Of a ledger at rest, that only the chaos run's clients used."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(ROWS, NO_PAYMENT)
        sequences = await connection.fetch(SEQUENCES)
        leases = await connection.fetch("SELECT partition, last_seq FROM leases")
        holds = await connection.fetch("SELECT payment FROM holds")
    finally:
        await connection.close()
    return Ledger(
        rows=[Row(**{**r, "payment": text(r["payment"].bytes)}) for r in rows],
        sequences={r["partition"]: list(r["seqs"]) for r in sequences},
        last_seqs={r["partition"]: r["last_seq"] for r in leases},
        holds=frozenset(text(r["payment"].bytes) for r in holds),
    )


async def in_transit(url: str) -> int:
    """How many legs have no end yet."""
    connection = await asyncpg.connect(url)
    try:
        count: int = await connection.fetchval(
            """
            SELECT count(*) FROM journal j
            WHERE (j.kind = 20 OR j.kind IN (11, 16) AND j.credit <> j.creditor)
              AND NOT EXISTS (SELECT FROM journal e WHERE e.payment = j.payment AND e.leg = j.leg
                              AND e.kind IN (12, 19, 21, 22))
            """
        )
    finally:
        await connection.close()
    return count


async def holders(url: str) -> set[str]:
    """Who holds leases now."""
    connection = await asyncpg.connect(url)
    try:
        return {r["holder"] for r in await connection.fetch("SELECT holder FROM leases")}
    finally:
        await connection.close()
