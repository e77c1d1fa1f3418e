"""Partition actors on a real ledger, in this process and without Ray."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from io import BytesIO
from itertools import count
from typing import Any

import asyncpg
from support.strangers import NoWindows, Unscored
from support.verdict import verdict_of

from headrace.actors.account_partition import AccountPartition
from headrace.actors.partition_client import PartitionClient, Stats
from headrace.actors.scoring import CreditorWindows, Scorer
from headrace.runtime.commands import decode
from headrace.runtime.database.connect import connect
from headrace.runtime.journal.record import COLUMNS, Record
from headrace.runtime.ledger import copy
from headrace.runtime.partitioning import partition_of, partitions_of
from headrace.runtime.payments import command, fingerprint
from headrace.runtime.payments.answer import Answer, Done
from headrace.runtime.payments.command import Act, Command, Fund, OpenAccount, Pay
from headrace.runtime.payments.open_leg import LegId
from headrace.runtime.settings import Settings

EUR = 978


def fingerprinted(data: bytes) -> bytes:
    """A call with the fingerprints that a gateway gives: the books' check makes them again."""
    commands = decode(data)
    for asked in commands:
        known = not isinstance(asked, Act) or asked.action in set(command.PaymentAction)
        if isinstance(asked, Pay | Fund | Act) and asked.key is not None and known:
            asked.fingerprint = fingerprint.of(asked)
    return command.encode(commands)


class Cell:
    """Actors by number; `start` puts another in the place of one, beside it."""

    def __init__(self, settings: Settings, tenant: int, ledger: asyncpg.Connection) -> None:
        self.settings = settings
        self.tenant = tenant
        self.ledger = ledger
        self.actors: dict[int, AccountPartition] = {}
        self.started: list[AccountPartition] = []
        self.client = PartitionClient(settings.cell, settings.calls, self)
        self.scorer: Scorer = Unscored()
        self.creditors: CreditorWindows = NoWindows()
        self.held = b""
        """A payment, for whoever needs one."""
        self.ended: list[str] = []
        """Loops that ended and must not."""

    async def start(self, index: int, name: str = "", **settings: object) -> AccountPartition:
        actor = AccountPartition(
            index, name or f"account-partition-{index}", self.settings.replace(**settings),
            self.scorer, self.creditors, self.client.post_legs, self.ended.append,
        )  # fmt: skip
        await actor.start()
        self.actors[index] = actor
        self.started.append(actor)
        return actor

    async def submit(self, actor: int, data: bytes) -> bytes:
        return await self.actors[actor].submit(fingerprinted(data))

    async def await_leg(self, actor: int, opened_by: LegId, timeout_s: float) -> None:
        await self.actors[actor].await_leg(opened_by, timeout_s)

    async def stats(self, actor: int) -> Stats:
        return self.actors[actor].stats()

    async def ask(self, *commands: Command) -> Sequence[Answer]:
        return await self.client.submit(commands)

    async def open(self, *accounts: str, money: int = 100_000) -> None:
        """Opens accounts, with money in them."""
        await self.ask(*(OpenAccount(self.tenant, a, EUR) for a in accounts))
        if money:
            deposits = [
                Fund(self.tenant, a, money, EUR, f"opening-{a}", 1) for a in accounts
            ]  # fmt: skip
            assert all(isinstance(a, Done) for a in await self.ask(*deposits))

    async def restart(self, index: int, **settings: object) -> AccountPartition:
        """Another in the place of one that ends."""
        await self.actors[index].stop()
        return await self.start(index, **settings)

    def owned_by(self, actor: int, many: int, partition: int | None = None) -> list[str]:
        """Names of accounts whose partitions belong to an actor, or of one of them."""
        partitions, actors = self.settings.cell.partitions, self.settings.cell.actors
        homes = [partition] if partition is not None else partitions_of(actor, partitions, actors)
        named = (f"account-{n}" for n in count())
        mine = (a for a in named if partition_of(self.tenant, a, partitions) in homes)
        return [next(mine) for _ in range(many)]

    def pay(self, debtor: str, creditor: str, key: str, amount: int = 100, **more: Any) -> Pay:
        return Pay(
            self.tenant, debtor, creditor, amount, more.pop("currency", EUR), key, amount * 7 + 1,
            **more,
        )  # fmt: skip

    def total(self, name: str) -> int:
        """Sum of a figure over the actors that run."""
        return sum(int(actor.stats()[name]) for actor in self.actors.values())

    async def all_arrived(self) -> None:
        """Waits until no leg is open."""
        async with asyncio.timeout(60):
            while self.total("open_legs"):
                await asyncio.sleep(0.01)

    @asynccontextmanager
    async def held_up(self, actor: int) -> AsyncIterator[None]:
        """While an actor can't commit: its leases are locked by somebody else."""
        other = await connect(self.settings.ledger)
        mine = partitions_of(actor, self.settings.cell.partitions, self.settings.cell.actors)
        try:
            async with other.transaction():
                await other.execute(
                    "SELECT FROM leases WHERE partition = ANY($1::smallint[]) FOR UPDATE", mine
                )
                yield
        finally:
            await other.close()

    @asynccontextmanager
    async def key_held(self, key: str) -> AsyncIterator[asyncpg.Connection]:
        """While a commit with this key has to wait for another, which is then rolled back."""
        other = await connect(self.settings.ledger, "headrace other")
        try:
            transaction = other.transaction()
            await transaction.start()
            record = Record(
                seq=1, credit_seq=1, partition=4_000, tenant=self.tenant, key=key, fingerprint=1
            )
            await other.copy_to_table(
                "journal", source=BytesIO(copy.encode([record])), columns=COLUMNS, format="binary"
            )
            yield other
            await transaction.rollback()
        finally:
            await other.close()

    async def until_committing(self, actor: int) -> None:
        """Waits until a batch of the actor's is held up in its commit."""
        async with asyncio.timeout(60):
            while not await self.ledger.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                " AND datname = current_database() AND application_name LIKE $1",
                f"headrace writer account-partition-{actor}/%",
            ):
                await asyncio.sleep(0.01)

    async def posted(self, account: str) -> int:
        """As the ledger tells it."""
        return int(
            await self.ledger.fetchval("SELECT posted FROM balances WHERE account = $1", account)
        )


@asynccontextmanager
async def running_cell(settings: Settings) -> AsyncIterator[Cell]:
    """Two actors; whatever is done to them, the books must be right at the end."""
    ledger = await connect(settings.ledger)
    number = await ledger.fetchval("INSERT INTO tenants (name) VALUES ('acme') RETURNING number")
    cell = Cell(settings, number, ledger)
    try:
        for index in range(settings.cell.actors):
            await cell.start(index)
        yield cell
        for actor in cell.started:
            await actor.stop()
        verdict = await verdict_of(settings)
        assert verdict.result == "pass", [c for c in verdict.checks if c.result != "pass"]
    finally:
        for actor in cell.started:
            await actor.stop()
        await ledger.close()
