"""Partition actors on a real ledger, in this process and without Ray."""

from collections.abc import AsyncIterator, Sequence

import asyncpg
import pytest_asyncio
from msgspec.structs import replace

from headrace.actors.account_partition import AccountPartition
from headrace.actors.partition_client import PartitionClient, Stats
from headrace.runtime.ledger.connect import connect
from headrace.runtime.ledger.verify import verify
from headrace.runtime.payments.answer import Answer, Done
from headrace.runtime.payments.book import Place
from headrace.runtime.payments.command import Command, Fund, OpenAccount
from headrace.runtime.payments.decide_payment import NOT_SCORED, Risk
from headrace.runtime.risk.features import Matrix
from headrace.runtime.risk.windows import Windows
from headrace.runtime.settings import Settings

EUR = 978


class Unscored:
    """Risk that has no opinion."""

    async def score(self, matrix: Matrix, amounts: list[int]) -> list[Risk]:
        return [NOT_SCORED] * len(amounts)


class NoWindows:
    """Knows nothing of creditors."""

    def for_creditor(self, number: int) -> Windows | None:
        return None

    def observe(self, number: int, occurred_at_us: int, amount: int) -> None:
        return None


class Cell:
    """Actors by number; `start` puts another in the place of one, beside it."""

    def __init__(self, settings: Settings, tenant: int, ledger: asyncpg.Connection) -> None:
        self.settings = settings
        self.tenant = tenant
        self.ledger = ledger
        self.actors: dict[int, AccountPartition] = {}
        self.started: list[AccountPartition] = []
        self.client = PartitionClient(settings, self)

    async def start(self, index: int, name: str = "", **settings: object) -> AccountPartition:
        actor = AccountPartition(
            index, name or f"account-partition-{index}", replace(self.settings, **settings),
            Unscored(), NoWindows(), self.client.carry,
        )  # fmt: skip
        await actor.start()
        self.actors[index] = actor
        self.started.append(actor)
        return actor

    async def submit(self, actor: int, data: bytes) -> bytes:
        return await self.actors[actor].submit(data)

    async def await_leg(self, actor: int, opened_by: Place, timeout_s: float) -> None:
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

    async def posted(self, account: str) -> int:
        """As the ledger tells it."""
        return int(
            await self.ledger.fetchval("SELECT posted FROM balances WHERE account = $1", account)
        )


@pytest_asyncio.fixture
async def cell(settings: Settings) -> AsyncIterator[Cell]:
    """Two actors; whatever a test does to them, the books must be right at its end."""
    ledger = await connect(settings)
    number = await ledger.fetchval("INSERT INTO tenants (name) VALUES ('acme') RETURNING number")
    cell = Cell(settings, number, ledger)
    try:
        for index in range(settings.actors):
            await cell.start(index)
        yield cell
        for actor in cell.started:
            await actor.stop()
        verdict = await verify(settings)
        assert verdict.result == "pass", [c for c in verdict.checks if c.result != "pass"]
    finally:
        for actor in cell.started:
            await actor.stop()
        await ledger.close()
