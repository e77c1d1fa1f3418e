"""SIGKILL between commit and answer: what was committed is answered to the next who asks, once."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from msgspec import json

from headrace.runtime.payments import fingerprint
from headrace.runtime.payments.answer import Done
from headrace.runtime.payments.command import Pay
from headrace.runtime.settings import Settings

CHILD = """
import asyncio, os, signal, sys
from msgspec import json
from headrace.actors.account_partition import AccountPartition
from headrace.actors.writer import Writer
from headrace.runtime.payments import command
from headrace.runtime.settings import Settings
from support.strangers import NoWindows, Unscored

class DiesAfterCommit(Writer):
    async def commit(self, batch, ready):
        await super().commit(batch, ready)
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    settings = Settings(**json.decode(sys.argv[1]))
    actor = AccountPartition(0, "account-partition-0", settings, Unscored(), NoWindows(), None)
    actor._writer.__class__ = DiesAfterCommit
    await actor.start()
    await actor.submit(sys.stdin.buffer.read())

asyncio.run(main())
"""


async def _dies(settings: Settings, payments: list[Pay]) -> int:
    from headrace.runtime.payments import command

    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, json.encode(settings.flat()).decode(),
        stdin=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[3],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    await asyncio.wait_for(child.communicate(command.encode(payments)), 60)
    return child.returncode or 0


async def test_nothing_is_lost_and_nothing_doubled(cell: Any) -> None:
    names = [f"account-{n}" for n in range(400)]
    await cell.open(*names, money=1_000)
    mine = [a for key, a in cell.actors[0]._book.by_id.items() if key[0] == cell.tenant]
    debtors = [account.id for account in mine]
    payments = [
        Pay(cell.tenant, d, names[n] if names[n] != d else names[n - 1], 10, 978, f"k{n}", 1)
        for n, d in enumerate(debtors)
    ]
    for payment in payments:
        payment.fingerprint = fingerprint.of(payment)
    await cell.actors[0].stop()
    assert await _dies(cell.settings, payments) == -signal.SIGKILL
    committed = await cell.ledger.fetchval("SELECT count(*) FROM journal WHERE key LIKE 'k%'")
    assert committed == len(payments)

    await cell.start(0)
    answers = await cell.client.submit(payments)
    assert all(isinstance(a, Done) and a.replayed for a in answers)
    assert len({a.payment for a in answers}) == len(payments)
    for answer in answers:
        await cell.client.await_final(answer, 10)
    total = await cell.ledger.fetchval(
        "SELECT sum(posted) FROM balances WHERE account LIKE 'account-%'"
    )
    assert total == 400 * 1_000
