"""The SQL views over one of everything."""

import pytest

from headrace.runtime.areas import AREAS
from headrace.runtime.database.migrate import migrate
from headrace.runtime.ids import text
from headrace.runtime.journal.account_numbers import (
    EXTERNAL,
    TRANSIT_IN,
    TRANSIT_OUT,
    system_account,
)
from headrace.runtime.journal.kinds import kind_rows
from headrace.runtime.journal.states import state_rows
from headrace.runtime.journal.telling import event_of
from headrace.runtime.ledger.names import SUBJECTS, currencies
from headrace.runtime.money import currency_code


async def test_payments_tell_how_each_stands(database, scene):
    rows = await database.fetch("SELECT * FROM payments")
    by_id = {row["id"].bytes: row for row in rows}
    assert len(by_id) == len(rows) == len(scene.payments)
    told = {
        name: tuple(
            by_id[payment][column]
            for column in (
                "status", "capture", "held_amount", "captured_amount", "refunded_amount",
                "decline_reason",
            )
        )
        for name, payment in scene.payments.items()
    }  # fmt: skip
    assert told == {
        "settled": ("settled", "automatic", 0, 100, 0, None),
        "crossed": ("settled", "automatic", 0, 200, 0, None),
        "debited": ("authorized", "automatic", 0, 300, 0, None),
        "credited": ("authorized", "automatic", 0, 400, 0, None),
        "declined": ("declined", "automatic", 0, 0, 0, "insufficient_funds"),
        "overdrawn": ("settled", "automatic", 0, 5_000, 0, None),
        "held": ("authorized", "manual", 500, 0, 0, None),
        "in_review": ("in_review", "automatic", 600, 0, 0, None),
        "accepted": ("settled", "automatic", 0, 610, 0, None),
        "rejected": ("declined", "automatic", 0, 0, 0, "review_rejected"),
        "cancelled": ("cancelled", "manual", 0, 0, 0, None),
        "captured": ("settled", "manual", 0, 700, 0, None),
        "capturing": ("captured", "manual", 0, 800, 0, None),
        "refunded": ("refunded", "automatic", 0, 700, 700, None),
        "refunding": ("settled", "automatic", 0, 800, 0, None),
        "part_refunded": ("partially_refunded", "automatic", 0, 850, 50, None),
        "returned": ("returned", "automatic", 0, 0, 0, "creditor_closed"),
        "reviewed_for_capture": ("settled", "manual", 0, 640, 0, None),
        "lapsed": ("expired", "manual", 0, 0, 0, None),
        "review_lapsed": ("expired", "automatic", 0, 0, 0, "review_expired"),
        "taken_before": ("settled", "automatic", 0, 670, 0, None),
        "refund_asked": ("settled", "automatic", 0, 680, 0, None),
        "limited": ("settled", "automatic", 0, 10_000, 0, None),
    }


async def test_a_payment_has_texts_where_the_journal_has_numbers(database, scene):
    row = await database.fetchrow(
        "SELECT * FROM payments WHERE id = $1", text(scene.payments["settled"])
    )
    assert (row["tenant"], row["debtor"], row["creditor"]) == ("acme", scene.anna, scene.shop)
    assert (row["amount"], row["currency"], row["reference"]) == (100, "EUR", "ref-1")
    assert row["details"] == '"sealed"'
    assert (row["risk_score"], row["risk_flags"], row["risk_model"]) == (42, 24, 3)


async def test_entries_are_double_and_add_up_to_the_balances(database, scene):
    assert await database.fetchval("SELECT sum(posted_change) FROM entries") == 0
    assert (
        await database.fetchval("SELECT count(*) FROM entries GROUP BY record HAVING count(*) > 2")
        is None
    )
    wrong = await database.fetch(
        "SELECT * FROM (SELECT account, sum(posted_change) AS posted, sum(held_change) AS held"
        "               FROM entries GROUP BY account) e"
        " FULL JOIN balances b USING (account)"
        " WHERE (coalesce(e.posted, 0), coalesce(e.held, 0)) IS DISTINCT FROM (b.posted, b.held)"
    )
    assert wrong == []


async def test_each_entry_follows_from_the_one_before_it(database, scene):
    wrong = await database.fetch(
        "SELECT * FROM (SELECT *, lag(posted, 1, 0::bigint) OVER w AS posted_before,"
        "                         lag(held, 1, 0::bigint) OVER w AS held_before"
        "               FROM entries WINDOW w AS (PARTITION BY account ORDER BY seq)) e"
        " WHERE posted <> posted_before + posted_change OR held <> held_before + held_change"
    )
    assert wrong == []


async def test_balances_name_system_accounts_too(database, scene, books):
    rows = {row["account"]: row for row in await database.fetch("SELECT * FROM balances")}
    anna = rows[scene.anna]
    assert (anna["tenant"], anna["state"], anna["held"]) == ("acme", "frozen", 1_100)
    assert anna["available"] == anna["posted"] - 1_100
    assert rows[scene.credit]["available"] == 0
    assert rows["external:EUR:0"]["posted"] == -999_000
    assert rows["external:JPY:0"]["posted"] == -5
    assert rows["transit_out:EUR:0"]["tenant"] is None
    in_flight = sum(r["posted"] for name, r in rows.items() if name.startswith("transit"))
    assert in_flight == 300 + 500 + 100
    assert len(rows) == await database.fetchval(
        "SELECT count(*) FROM"
        " (SELECT debit FROM journal UNION SELECT credit FROM journal) n WHERE debit <> 0"
    )


async def test_events_are_every_record_that_is_one_by_type_and_position(database, scene, books):
    rows = await database.fetch("SELECT * FROM events ORDER BY at")
    mine = [r for r in books.records if event_of(r)]
    assert [row["id"] for row in rows] == [f"{r.partition}:{r.seq}" for r in mine]
    types = {row["type"].removeprefix("com.headrace.") for row in rows}
    assert types >= {
        "account.opened", "account.changed", "account.closed", "account.deposited",
        "account.withdrawn", "payment.settled", "payment.held_for_review", "payment.refunded",
    }  # fmt: skip
    settled = next(r for r in rows if r["type"] == "com.headrace.payment.settled")
    assert (settled["debit"], settled["credit"], settled["status"]) == (
        scene.anna, scene.shop, "settled",
    )  # fmt: skip


async def test_the_names_are_the_codes_own(database, settings):
    kept = {(r["subject"], r["number"]): r["name"] for r in await database.fetch("TABLE names")}
    assert kept == {(s, m.value): m.name.lower() for s, e in SUBJECTS.items() for m in e}
    assert sorted(map(tuple, await database.fetch("TABLE currencies"))) == sorted(currencies())


async def test_kinds_and_states_are_the_codes_own(database):
    for table, rows in (("kinds", kind_rows()), ("states", state_rows())):
        kept = {row["number"]: dict(row) for row in await database.fetch(f"TABLE {table}")}
        assert kept == rows


async def test_a_changed_or_new_kind_or_state_is_brought_up_to_date(database, settings):
    await database.execute("UPDATE kinds SET captured = 7 WHERE first; DELETE FROM states")
    await database.execute(
        "INSERT INTO states SELECT 99, 'newer', true, false, true, true, true, ''"
    )
    await migrate(settings.ledger, AREAS, settings.cell.partitions)
    await database.execute("DELETE FROM states WHERE name = 'newer'")
    await test_kinds_and_states_are_the_codes_own(database)


async def test_a_renamed_or_new_name_is_brought_up_to_date_at_the_next_start(database, settings):
    await database.execute("UPDATE names SET name = 'old'; DELETE FROM currencies")
    await migrate(settings.ledger, AREAS, settings.cell.partitions)
    await test_the_names_are_the_codes_own(database, settings)


@pytest.mark.parametrize("number", [978, 392, 8])
async def test_system_accounts_have_names(database, number):
    code = currency_code(number)
    rows = await database.fetchrow(
        "SELECT system_account_name($2, $1), system_account_name($3, $1),"
        " system_account_name($4, $1)",
        code,
        system_account(5, number, EXTERNAL),
        system_account(5, number, TRANSIT_OUT),
        system_account(4095, number, TRANSIT_IN),
    )  # fmt: skip
    assert tuple(rows) == (f"external:{code}:5", f"transit_out:{code}:5", f"transit_in:{code}:4095")
