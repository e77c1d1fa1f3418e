"""`headrace subject forget`, on a ledger that no platform runs on."""

import asyncio
import json
import os
import subprocess
import sys

import pytest
import pytest_asyncio

from headrace.runtime.database.connect import connect


@pytest.fixture
def forget(settings, tmp_path):
    variables = {
        "HEADRACE_DATABASE_URL": settings.ledger.database_url,
        "HEADRACE_DATA_DIR": str(tmp_path),
    }

    async def call(*arguments, answer=""):
        command = [sys.executable, "-m", "headrace.cluster.cli", "subject", "forget", *arguments]
        return await asyncio.to_thread(
            subprocess.run, command, env=os.environ | variables, input=answer,
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip

    return call


@pytest_asyncio.fixture
async def keys_left(settings):
    """Of anna's account, which has one, how many are not destroyed."""
    connection = await connect(settings.ledger)
    await connection.execute(
        "INSERT INTO tenants (name) VALUES ('acme');"
        " INSERT INTO accounts (number, tenant, id, currency, opened_at)"
        " VALUES (4711, 1, 'anna', 978, now()), (4712, 1, 'ben', 978, now());"
        " INSERT INTO subject_keys VALUES (4711, 0, 'x', now()), (4712, 0, 'x', now())"
    )

    async def look(account: int = 4711) -> int:
        return await connection.fetchval(
            "SELECT count(wrapped) FROM subject_keys WHERE subject = $1", account
        )

    yield look
    await connection.close()


async def test_it_asks_before_it_forgets_for_good(forget, keys_left):
    refused = await forget("anna", "--tenant", "acme", answer="n\n")
    assert refused.returncode == 1
    assert "for good?" in refused.stdout + refused.stderr
    unasked = await forget("anna", "--tenant", "acme", "--json")
    assert unasked.returncode != 0
    assert "say --yes with --json" in unasked.stderr
    assert await keys_left() == 1
    agreed = await forget("anna", "--tenant", "acme", answer="y\n")
    assert agreed.returncode == 0, agreed.stderr
    assert "its personal text is forgotten" in agreed.stdout
    assert (await keys_left(), await keys_left(4712)) == (0, 1)


async def test_done_twice_it_says_that_there_was_nothing_left(forget, keys_left):
    told = [await forget("anna", "--tenant", "acme", "--yes", "--json") for _ in range(2)]
    assert [json.loads(t.stdout.splitlines()[-1]) for t in told] == [
        {"account": "anna", "keys_destroyed": 1}, {"account": "anna", "keys_destroyed": 0},
    ]  # fmt: skip
    assert [t.returncode for t in told] == [0, 0]
    assert await keys_left(4712) == 1


@pytest.mark.parametrize(("account", "tenant"), [("carl", "acme"), ("anna", "globex")])
async def test_nobody_elses_account_is_forgotten(forget, keys_left, account, tenant):
    told = await forget(account, "--tenant", tenant, "--yes")
    assert told.returncode != 0
    assert f"{tenant} has no account {account}" in told.stderr
    assert await keys_left() == 1
