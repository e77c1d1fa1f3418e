"""Reads what the judge compares, straight from the database."""

from random import Random

import asyncpg

from headrace.loadtests.chaos.verdict import Ledger, Row
from headrace.runtime.clock import to_us
from headrace.runtime.ids import text
from headrace.runtime.journal.in_sql import expand
from headrace.runtime.ledger import fencing

LOCK_TIMEOUT_S = 1.0
"""A usurper waits so long for the open commit of whom it robs, before ending its connection."""
LOG_FILES_MAX = 100
NO_PAYMENT = "00000000-0000-0000-0000-000000000000"

ROWS = expand("""
SELECT j.partition, j.seq, j.credit_partition, j.credit_seq, j.kind, j.state, j.payment, j.leg,
       j.amount, j.key, coalesce(d.id, '') AS debited, coalesce(c.id, '') AS credited,
       coalesce(p.id, '') AS creditor,
       j.kind IN :kinds(opens_payment_leg) AND j.credit <> j.creditor AS crosses,
       j.at, j.occurred_at, j.expires_at
FROM journal j
LEFT JOIN accounts d ON d.number = j.debit
LEFT JOIN accounts c ON c.number = j.credit
LEFT JOIN accounts p ON p.number = j.creditor
WHERE j.payment <> $1
ORDER BY j.partition, j.seq
""")
SEQUENCES = """
SELECT partition, array_agg(seq ORDER BY seq) AS seqs FROM (
    SELECT partition, seq FROM journal
    UNION ALL
    SELECT credit_partition, credit_seq FROM journal WHERE credit_partition <> partition
) s GROUP BY partition
"""
BACKWARDS = """
SELECT partition, seq FROM (
    SELECT partition, seq, at, lag(at) OVER (PARTITION BY partition ORDER BY seq) AS before FROM (
        SELECT partition, seq, at FROM journal
        UNION ALL
        SELECT credit_partition, credit_seq, at FROM journal WHERE credit_partition <> partition
    ) records
) r WHERE at < before
"""
EXPIRED = expand("""
SELECT e.payment, e.at < h.expires_at AS early
FROM journal e JOIN journal h ON h.payment = e.payment AND h.kind = :kind(held)
WHERE e.kind = :kind(released) AND e.state = :state(expired)
""")
OVERDUE = "SELECT payment FROM holds WHERE expires_at < now()"
UNSETTLED = expand("""
SELECT (SELECT count(*) FROM journal j
        WHERE j.kind IN :kinds(opens_leg) AND j.credit <> j.creditor
          AND NOT EXISTS (SELECT FROM journal e WHERE e.payment = j.payment AND e.leg = j.leg
                          AND e.kind IN :kinds(ends_leg)))
     + (SELECT count(*) FROM holds WHERE expires_at < now() + interval '1 hour')
""")


async def read(url: str) -> Ledger:
    """Of a ledger at rest, that only the chaos run's clients used."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            rows = await connection.fetch(ROWS, NO_PAYMENT)
            sequences = await connection.fetch(SEQUENCES)
            last_seqs = await fencing.ends(connection)
            holds = await connection.fetch("SELECT payment FROM holds")
            backwards = await connection.fetch(BACKWARDS)
            expired = await connection.fetch(EXPIRED)
            overdue = await connection.fetch(OVERDUE)
    finally:
        await connection.close()
    return Ledger(
        rows=[_row(r) for r in rows],
        sequences={r["partition"]: list(r["seqs"]) for r in sequences},
        last_seqs=last_seqs,
        holds=frozenset(text(r["payment"].bytes) for r in holds),
        backwards=[f"{r['partition']}:{r['seq']}" for r in backwards],
        early=[text(r["payment"].bytes) for r in expired if r["early"]],
        overdue=[text(r["payment"].bytes) for r in overdue],
        expired=len(expired),
    )


def _row(r: asyncpg.Record) -> Row:
    expires_at = r["expires_at"]
    return Row(
        **{
            **r,
            "payment": text(r["payment"].bytes),
            "at": to_us(r["at"]),
            "occurred_at": to_us(r["occurred_at"]),
            "expires_at": to_us(expires_at) if expires_at else 0,
        }
    )


async def unsettled(url: str) -> int:
    """How many legs have no end yet, and how many holds are about to expire."""
    connection = await asyncpg.connect(url)
    try:
        count: int = await connection.fetchval(UNSETTLED)
    finally:
        await connection.close()
    return count


async def holders(url: str) -> set[str]:
    """Who holds leases now."""
    connection = await asyncpg.connect(url)
    try:
        return {lease.holder for lease in await fencing.leases(connection)}
    finally:
        await connection.close()


async def use_up_log(url: str) -> None:
    """Goes through PostgreSQL's log files until it has none left and no room for another, and ends
    with an error: every connection goes then."""
    try:
        connection = await asyncpg.connect(url)
        try:
            for _ in range(LOG_FILES_MAX):
                await connection.execute("SELECT pg_logical_emit_message(true, 'chaos', '')")
                await connection.execute("SELECT pg_switch_wal()")
        finally:
            connection.terminate()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return


async def usurp(url: str, usurper: str, random: Random) -> dict[int, int]:
    """Takes the partitions of one holder over; where each of them stands."""
    connection = await asyncpg.connect(url, server_settings={"application_name": usurper})
    try:
        leases = await fencing.leases(connection)
        robbed = random.choice(sorted({lease.holder for lease in leases}))
        partitions = [lease.partition for lease in leases if lease.holder == robbed]
        cluster = next(lease.cluster for lease in leases if lease.holder == robbed)
        taken = await fencing.take_over(
            connection, partitions, usurper, cluster, lock_timeout_s=LOCK_TIMEOUT_S
        )
    finally:
        await connection.close()
    return {number: partition.seq for number, (partition, _) in taken.items()}


async def usurped(url: str, usurper: str) -> dict[int, int]:
    """Where the partitions stand that are still the usurper's."""
    connection = await asyncpg.connect(url)
    try:
        leases = await fencing.leases(connection)
    finally:
        await connection.close()
    return {lease.partition: lease.last_seq for lease in leases if lease.holder == usurper}
