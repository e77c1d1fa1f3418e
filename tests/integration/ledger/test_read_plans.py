"""What is asked all the time keeps to its indexes, by readers and by writers, with plans made for
any values and for particular ones."""

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
import pytest_asyncio

from headrace.runtime.database.sql_by_name import load
from headrace.runtime.following import follow
from headrace.runtime.journal.account_numbers import FIRST_ORDINAL, account_number
from headrace.runtime.journal.in_sql import expand
from headrace.runtime.keys import subject_keys
from headrace.runtime.ledger import commit, read_accounts, read_payments, standing
from headrace.runtime.ledger import load as writers
from headrace.runtime.payments.holds import HOLDS

FILL = """
INSERT INTO journal (partition, seq, credit_partition, credit_seq, debit, credit, creditor, amount,
    debit_posted, debit_held, credit_posted, credit_held, at, occurred_at, fingerprint, payment,
    trace, tenant, risk_flags, kind, state, reason, leg, currency, risk_score, risk_model, key,
    reference)
SELECT n % 16, n / 16 + 1, n % 16, n / 16 + 1,
    ((n % 16)::bigint << :number(ordinal_bits)) + :number(first_ordinal) + n / 16 % 50,
    ((n % 16)::bigint << :number(ordinal_bits)) + :number(first_ordinal) + 50 + n / 16 % 50,
    ((n % 16)::bigint << :number(ordinal_bits)) + :number(first_ordinal) + 50 + n / 16 % 50,
    1, 0, 0, 0, 0, t, t, 0,
    (lpad(to_hex((extract(epoch FROM t) * 1000)::bigint), 12, '0')
        || '70008000' || lpad(to_hex(n), 8, '0') || '0000')::uuid,
    '00000000-0000-0000-0000-000000000000', 1, 0, :kind(settled), :state(settled), 0, 0,
    978, 1, 1, 'key-' || n,
    'reference-' || n % 1000
FROM generate_series(0, 40000) n,
    LATERAL (SELECT timestamptz '2025-01-01' + n * interval '10 ms' AS t) clock;
INSERT INTO accounts (number, tenant, id, currency, opened_at)
SELECT (p::bigint << :number(ordinal_bits)) + :number(first_ordinal) + a, 1,
    'account-' || p || '-' || a, 978, now()
FROM generate_series(0, 15) p, generate_series(0, 1999) a;
INSERT INTO subject_keys SELECT number, 0, '\\x00', now() FROM accounts;
INSERT INTO holds (payment, partition, debtor, amount, review, expires_at)
SELECT payment, partition, debit, 1, false, at FROM journal WHERE seq % 10 = 1;
INSERT INTO payment_metadata SELECT seq % 100, payment FROM journal;
UPDATE leases SET last_seq = 2500;
"""
PAYMENT = "01941f29-7c00-7000-8000-000000000000"
ACCOUNT = account_number(3, FIRST_ORDINAL + 4)
MOMENT = "'2025-01-01 00:03:00+00'"
FIRST = f"'{PAYMENT[:13]}-0000-0000-000000000000'"
LAST = "'ffffffff-ffff-ffff-ffff-ffffffffffff'"

PAYMENTS, ACCOUNTS = read_payments.SQL, read_accounts.SQL
HOT = [
    (PAYMENTS, "records", f"1, ARRAY['{PAYMENT}']::uuid[]", {"journal_payment"}),
    (standing.SQL, "latest", f"1, ARRAY['{PAYMENT}']::uuid[]", {"journal_payment"}),
    (standing.SQL, "uses", "1, ARRAY['key-77']", {"journal_key"}),
    (PAYMENTS, "by_key", "1, 'key-77'", {"journal_key"}),
    (PAYMENTS, "newest", f"1, {LAST}, {FIRST}, 100", {"journal_payment"}),
    (PAYMENTS, "of_debtor", f"{ACCOUNT}, 5000, 0, 100", {"journal_debit"}),
    (PAYMENTS, "arrived", f"{ACCOUNT + 50}, 5000, 0, 100", {"journal_credit", "journal_payment"}),
    (PAYMENTS, "of_account", f"{ACCOUNT}, 5000, 0, 100",
     {"journal_debit", "journal_credit", "journal_payment"}),
    (PAYMENTS, "matching",
     f"1, ARRAY['{PAYMENT}']::uuid[], NULL, NULL, {ACCOUNT}, NULL, 1, 9, 978, NULL, NULL, 77, 5",
     {"journal_payment", "payment_metadata_pkey"}),
    (PAYMENTS, "with_metadata", f"77, {LAST}, {FIRST}, 100", {"payment_metadata_pkey"}),
    (PAYMENTS, "with_reference", f"1, {LAST}, {FIRST}, 100, 'reference-7'",
     {"journal_reference"}),
    (ACCOUNTS, "account", "1, 'account-3-4'", {"journal_debit", "journal_credit"}),
    (ACCOUNTS, "accounts", "1, 'account-3', 20", {"journal_debit", "journal_credit"}),
    (ACCOUNTS, "seq_before", f"3, {MOMENT}", {"journal_seq"}),
    (ACCOUNTS, "seq_until", f"3, {MOMENT}", {"journal_seq"}),
    (ACCOUNTS, "balance_at", f"{ACCOUNT}, 2000, {MOMENT}", {"journal_debit", "journal_credit"}),
    (ACCOUNTS, "settings_at", f"{ACCOUNT}, 2000", {"journal_credit"}),
    (ACCOUNTS, "entries", f"{ACCOUNT}, 2000, 0, NULL, NULL, 50",
     {"journal_debit", "journal_credit"}),
    (PAYMENTS, "origins", f"ARRAY['{PAYMENT}']::uuid[], ARRAY['{PAYMENT}']::uuid[], ARRAY[1]",
     {"journal_payment"}),
    (follow.SQL, "edge", "3, 100, 2000, 50", {"journal_seq"}),
    (follow.SQL, "page", "3, 100, 150, ARRAY[1, 2]", {"journal_seq"}),
    (follow.SQL, "page", "3, 100, 150, NULL", {"journal_seq"}),
    (subject_keys.SQL, "newest", f"ARRAY[{ACCOUNT}]", {"subject_keys_pkey"}),
    (subject_keys.SQL, "living", f"ARRAY[{ACCOUNT}], ARRAY[0]", {"subject_keys_pkey"}),
]  # fmt: skip

LOAD, COMMIT, HISTORY = writers.SQL, commit.SQL, load("headrace.runtime.risk", "history")
IDS, SEQS = f"ARRAY['{PAYMENT}']::uuid[]", "ARRAY[7]::bigint[]"
DUE = "'2025-01-01 00:00:01+00'"
NUMBERS, BALANCE = f"ARRAY[{ACCOUNT}]::bigint[]", {"journal_debit", "journal_credit"}
WRITERS = [
    (LOAD, "accounts_by_id", "ARRAY[1], ARRAY['account-3-4']", BALANCE),
    (LOAD, "accounts_by_number", NUMBERS, BALANCE),
    (LOAD, "system_balances", SEQS, BALANCE),
    (LOAD, "opened_as", NUMBERS, {"journal_credit"}),
    (LOAD, "day", f"{NUMBERS}, ARRAY[{MOMENT}]::timestamptz[]", {"journal_debit"}),
    (LOAD, "creditors", "ARRAY[1], ARRAY['account-3-4']", set()),
    (LOAD, "payments", IDS, {"journal_payment"}),
    (LOAD, "reviews", IDS, {"holds_pkey"}),
    (LOAD, "legs", f"ARRAY[3]::smallint[], {SEQS}", {"journal_seq"}),
    (LOAD, "answered", f"{IDS}, ARRAY[1]::smallint[], ARRAY[0]", {"journal_leg"}),
    (LOAD, "open_legs", "3, 2490, 5000", {"journal_seq"}),
    (LOAD, "due_holds", f"ARRAY[3]::smallint[], {DUE}, 1000", {"holds_due"}),
    (LOAD, "keys", "ARRAY[1], ARRAY['key-77']", {"journal_key"}),
    (HISTORY, "debtors", f"{NUMBERS}, ARRAY[2000]::bigint[], 10000", {"journal_debit"}),
    (HISTORY, "creditors", f"{NUMBERS}, ARRAY[2000]::bigint[], 10000", {"journal_credit"}),
    (COMMIT, "change_accounts", f"{NUMBERS}, ARRAY[2]::smallint[], {', '.join([SEQS] * 4)}",
     {"accounts_pkey"}),
    (HOLDS.sql, "end_holds", IDS, {"holds_pkey"}),
]  # fmt: skip
KEPT = ("journal", "accounts", "holds", "subject_keys", "payment_metadata")
"""Tables that grow with what was paid."""


@pytest_asyncio.fixture
async def filled(database):
    async with database.acquire() as connection:
        await connection.execute("INSERT INTO tenants (name) VALUES ('acme')")
        await connection.execute(expand(FILL))
        await connection.execute(f"ANALYZE leases, {', '.join(KEPT)}")
        yield connection


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


@pytest.mark.parametrize("asked", [HOT, WRITERS], ids=["reads", "what a writer asks"])
async def test_every_hot_statement_uses_its_index_and_never_scans_what_grows(filled, asked):
    for mode in ("force_generic_plan", "force_custom_plan"):
        await filled.execute(f"SET plan_cache_mode = {mode}")
        for statements, name, values, indexes in asked:
            await filled.execute(f"PREPARE hot AS {statements[name]}")
            plan = await filled.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE hot ({values})")
            await filled.execute("DEALLOCATE hot")
            found = list(nodes(json.loads(plan)[0]["Plan"]))
            used = {n["Index Name"] for n in found if "Index Name" in n}
            scans = [
                n for n in found
                if n["Node Type"] == "Seq Scan" and n["Relation Name"] in KEPT
            ]  # fmt: skip
            assert used >= indexes, (mode, name, used)
            assert scans == [], (mode, name)


@pytest.mark.parametrize(
    ("package", "file"),
    [
        (package, file.name.removesuffix(".sql"))
        for package in (
            "headrace.runtime.ledger",
            "headrace.runtime.identity",
            "headrace.runtime.risk",
            "headrace.runtime.keys",
        )
        for file in (files(package) / "sql").iterdir()
    ],
)
async def test_every_named_statement_fits_the_schema(database, package, file):
    async with database.acquire() as connection:
        for statement in load(package, file).values():
            await connection.prepare(statement)
