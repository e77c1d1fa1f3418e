"""The baseline's books are checked, and each check can fail."""

import json
import subprocess
import sys
from typing import Any

import pytest

from headrace.loadtests.baseline.verify import SQL, verify

SPOILT = {
    "settled_payments_have_two_balanced_entries": (
        "DELETE FROM entries WHERE payment = (SELECT payment FROM entries LIMIT 1) AND amount > 0"
    ),
    "entries_belong_to_settled_payments": "UPDATE payments SET status = 8, reason = 6",
    "payments_are_settled_or_declined_for_a_reason": "UPDATE payments SET reason = 6",
    "payments_are_between_accounts_of_their_tenant_and_currency": (
        "UPDATE payments SET currency = 840"
    ),
    "balances_are_the_sums_of_their_entries": "UPDATE accounts SET posted = posted + 1",
    "money_is_neither_made_nor_lost": (
        "UPDATE accounts SET posted = posted + 1 WHERE id = 'verified'"
    ),
    "nobody_is_overdrawn": "UPDATE accounts SET posted = -1 WHERE id = 'verified'",
    "keys_are_used_once": (
        "ALTER TABLE payments DROP CONSTRAINT payments_tenant_key_key;"
        "INSERT INTO payments SELECT uuidv7(), fingerprint, debtor, creditor, amount, created_at,"
        " tenant, currency, status, reason, key FROM payments"
    ),
    "each_payment_is_told_once": "DELETE FROM outbox WHERE id = (SELECT min(id) FROM outbox)",
}


def run(database_url: str) -> tuple[int, dict[str, Any]]:
    """The command: its exit code and what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "headrace.loadtests.baseline", "verify", "--database-url",
         database_url],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    told: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, told


async def test_a_tampered_balance_fails(client: Any, service: Any, ledger: Any) -> None:
    await client.open(("tampered", 1_000), ("till", 0))
    await client.pay("sale", "tampered", "till", 10)
    code, told = run(service.database_url)
    assert (code, told["result"], told["wrong"]) == (0, "pass", {})
    tamper = "UPDATE accounts SET posted = posted + $1 WHERE id = 'till'"
    await ledger.execute(tamper, 1)
    code, told = run(service.database_url)
    await ledger.execute(tamper, -1)
    assert (code, told["result"]) == (1, "fail")
    assert set(told["wrong"]) == {
        "balances_are_the_sums_of_their_entries", "money_is_neither_made_nor_lost",
    }  # fmt: skip


def test_every_check_is_spoilt_below() -> None:
    assert set(SPOILT) == set(SQL)


@pytest.mark.parametrize("check", SPOILT)
async def test_each_check_can_fail(client: Any, service: Any, ledger: Any, check: str) -> None:
    account = [{"id": "verified", "currency": "EUR", "opening_deposit": 10}]
    await client.post("/v1/account-batches", json=account)
    spoiling = ledger.transaction()
    await spoiling.start()
    await ledger.execute(SPOILT[check])
    assert await ledger.fetchval(SQL[check])
    await spoiling.rollback()
    assert (await verify(service.database_url))["result"] == "pass"
