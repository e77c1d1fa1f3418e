"""A sound ledger passes; each way of damaging it turns the check for it red."""

import msgspec
import pytest

from headrace.runtime.ledger.connect import connect
from headrace.runtime.ledger.verify import CHECKS, verify

EVERY = {*CHECKS, "accounts_are_at_home"}


async def failed(settings) -> set[str]:
    verdict = await verify(settings)
    red = {check.name for check in verdict.checks if check.result == "fail"}
    assert verdict.result == ("fail" if red else "pass")
    assert all(check.detail for check in verdict.checks if check.name in red)
    return red


async def test_a_sound_ledger_passes_every_check_with_its_figures(settings, scene, books):
    heard = []
    verdict = await verify(settings, heard.append)
    assert [c.detail for c in verdict.checks if c.result != "pass"] == []
    assert heard == verdict.checks
    figures = {c.name: c.figure for c in verdict.checks}
    assert set(figures) == EVERY
    assert figures["sums_to_zero"] == "EUR 0, JPY 0"
    assert figures["records_are_double_entry"] == f"{len(books.records)} records"
    assert figures["transit_is_what_is_under_way"] == "EUR 900 under way"
    assert figures["amounts_add_up"] == f"{len(scene.payments)} payments"
    assert figures["holds_are_the_journals"] == "2 open holds"
    assert figures["accounts_are_at_home"] == "6 accounts"


async def test_an_empty_ledger_passes(settings):
    assert await failed(settings) == set()


async def test_a_verdict_is_json(settings, scene):
    told = msgspec.to_builtins(await verify(settings))
    assert told["result"] == "pass"
    assert set(told["checks"][0]) == {"name", "result", "figure", "detail"}


def of(payment: str, kind: int) -> str:
    """A record of one of the scene's payments."""
    return f"payment = '{{{payment}}}' AND kind = {kind}"


NEWEST_TRANSIT = """
    UPDATE journal SET debit_posted = debit_posted + 1 WHERE (debit, seq) =
        (SELECT debit, max(seq) FROM journal WHERE kind = 30 GROUP BY debit LIMIT 1)
"""
DAMAGES = {
    "a balance was raised": (
        "UPDATE journal SET credit_posted = credit_posted + 1 WHERE currency = 392 AND kind = 4",
        {"sums_to_zero", "balances_follow"},
    ),
    "a transit account's balance was raised": (
        NEWEST_TRANSIT, {"transit_is_what_is_under_way", "sums_to_zero", "balances_follow"},
    ),
    "a past balance was changed": (
        f"UPDATE journal SET debit_posted = debit_posted - 1 WHERE {of('settled', 10)}",
        {"balances_follow"},
    ),
    "a past held balance was changed": (
        f"UPDATE journal SET debit_held = debit_held + 1 WHERE {of('settled', 10)}",
        {"balances_follow"},
    ),
    "a change of settings moves money": (
        "UPDATE journal SET amount = 1 WHERE kind = 2", {"records_are_double_entry"},
    ),
    "a record is of a kind that nobody knows": (
        "UPDATE journal SET kind = 9 WHERE kind = 2",
        {"records_are_double_entry", "accounts_are_the_journals"},
    ),
    "the lease is ahead of the journal": (
        "UPDATE leases SET last_seq = last_seq + 1 WHERE partition = 15", {"sequences_are_whole"},
    ),
    "a record was deleted": (
        f"DELETE FROM journal WHERE {of('credited', 11)}",
        {"sequences_are_whole", "balances_follow", "legs_arrive_once",
         "transit_is_what_is_under_way"},
    ),
    "the carried sequence of a record was changed": (
        f"UPDATE journal SET credit_seq = credit_seq + 1 WHERE {of('settled', 10)}",
        {"sequences_are_whole"},
    ),
    "a record's time was set back": (
        f"UPDATE journal SET at = at - interval '1 day' WHERE {of('crossed', 12)}",
        {"sequences_are_whole"},
    ),
    "a key was used twice": (
        "DROP INDEX journal_key; UPDATE journal SET key = 'key-3' WHERE key = 'key-4'",
        {"keys_are_used_once"},
    ),
    "a payment has no key": (
        f"UPDATE journal SET key = NULL WHERE {of('settled', 10)}", {"keys_are_used_once"},
    ),
    "a key lost its fingerprint": (
        f"UPDATE journal SET fingerprint = 0 WHERE {of('settled', 10)}", {"keys_are_used_once"},
    ),
    "an account spent more than its credit line": (
        "UPDATE journal SET details = convert_to("
        "   replace(convert_from(details, 'UTF8'), '5000', '4999'), 'UTF8') WHERE kind = 1;"
        "UPDATE accounts SET credit_line = 4999 WHERE credit_line = 5000",
        {"nobody_overspends"},
    ),
    "a leg arrived that never left": (
        f"UPDATE journal SET leg = 5 WHERE {of('crossed', 30)}", {"legs_arrive_once"},
    ),
    "a leg arrived at another account": (
        f"UPDATE journal SET creditor = creditor + 1 WHERE {of('crossed', 30)}",
        {"legs_arrive_once"},
    ),
    "a payment skipped a state": (
        f"UPDATE journal SET state = 5 WHERE {of('debited', 11)}", {"states_follow"},
    ),
    "a payment's record stands in another partition than its home": (
        "UPDATE journal SET payment = (left(payment::text, 32) || '0007')::uuid"
        " WHERE payment = '{overdrawn}'",
        {"states_follow"},
    ),
    "a part refund counts as whole": (
        f"UPDATE journal SET state = 7 WHERE {of('part_refunded', 21)}", {"amounts_add_up"},
    ),
    "an open hold is missing": ("DELETE FROM holds WHERE review", {"holds_are_the_journals"}),
    "an open hold is too large": (
        "UPDATE holds SET amount = amount + 1 WHERE NOT review", {"holds_are_the_journals"},
    ),
    "a hold is open that was never made": (
        "INSERT INTO holds VALUES ('{settled}', 0, 1, 1, false, now())", {"holds_are_the_journals"},
    ),
    "the directory has another limit": (
        "UPDATE accounts SET payment_max = 1 WHERE payment_max = 0", {"accounts_are_the_journals"},
    ),
    "the directory has a frozen account as open": (
        "UPDATE accounts SET state = 1 WHERE state = 2", {"accounts_are_the_journals"},
    ),
    "the directory lost an account": (
        "DELETE FROM accounts WHERE credit_line > 0",
        {"accounts_are_the_journals", "sums_to_zero"},
    ),
    "a record is of another currency": (
        f"UPDATE journal SET currency = 756 WHERE {of('settled', 10)}",
        {"accounts_are_the_journals"},
    ),
    "a declined payment moved money": (
        f"UPDATE journal SET kind = 13, state = 8, reason = 6 WHERE {of('settled', 10)}",
        {"declines_move_nothing", "records_are_double_entry", "balances_follow"},
    ),
    "a declined payment has no reason": (
        f"UPDATE journal SET reason = 0 WHERE {of('declined', 13)}", {"declines_move_nothing"},
    ),
    "an account was renamed to one of another partition": (
        "UPDATE journal SET details = convert_to("
        "   replace(convert_from(details, 'UTF8'), '\"{kiosk}\"', '\"other\"'), 'UTF8')"
        " WHERE kind = 1; UPDATE accounts SET id = 'other' WHERE id = '{kiosk}'",
        {"accounts_are_at_home"},
    ),
    "settings cannot be read": (
        "UPDATE journal SET details = '\\xff' WHERE kind = 2",
        {"accounts_are_the_journals", "nobody_overspends"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
async def test_damage_turns_its_own_check_red(settings, scene, damage):
    sql, red = DAMAGES[damage]
    names = {name: payment.hex() for name, payment in scene.payments.items()}
    connection = await connect(settings)
    try:
        await connection.execute(sql.format(**names, kiosk=scene.kiosk))
    finally:
        await connection.close()
    assert await failed(settings) == red


def test_every_check_is_the_own_one_of_some_damage():
    assert {check for _, red in DAMAGES.values() for check in red} == EVERY
    alone = {next(iter(red)) for _, red in DAMAGES.values() if len(red) == 1}
    assert len(alone) >= 8
