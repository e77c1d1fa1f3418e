"""An actor, and all around it: a ledger in memory, risk, what is known of creditors, another actor.

The actor is number 0 of two; accounts of the other are somebody else's, who carries every leg out
at once.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from ledger_in_memory import EUR, PARTITIONS, TENANT, Ledger, Writer

from headrace.actors import account_partition, deciding
from headrace.actors.account_partition import AccountPartition
from headrace.runtime.ids import payment_id
from headrace.runtime.journal.account_numbers import ORDINAL_BITS
from headrace.runtime.keys.master_key import MasterKey
from headrace.runtime.keys.text_sealer import TextSealer
from headrace.runtime.ledger import commit, load, parked_legs
from headrace.runtime.partitioning import partition_of, partitions_of
from headrace.runtime.payments import answer as answers
from headrace.runtime.payments import command as commands
from headrace.runtime.payments.account import Account
from headrace.runtime.payments.answer import Answer, Done, LegsAnswer, LegsDone, Refused
from headrace.runtime.payments.command import Command, Fund, OpenAccount, Pay, PostLegs
from headrace.runtime.payments.decide_payment import NOT_SCORED, Risk
from headrace.runtime.payments.open_leg import OpenLeg
from headrace.runtime.refusals import Refusal
from headrace.runtime.risk.features import Matrix
from headrace.runtime.risk.windows import Windows
from headrace.runtime.settings import Settings


async def text_sealer(settings: Settings) -> TextSealer:
    """Under a master key that no ledger has."""
    return TextSealer(MasterKey(bytes(32)), settings.keys.subject_keys_in_memory_max, 5.0)


SETTINGS = Settings(partitions=PARTITIONS, actors=2, batch_payments_max=200)
WAIT_S = 60.0
"""Of a clock that jumps: a wait that never ends is over at once."""
UNAVAILABLE = Refused(Refusal.UNAVAILABLE)
WRONG = Refused(Refusal.INTERNAL_ERROR)


class Scorer:
    """Has no opinion; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Matrix, list[int]]] = []
        self.verdict = NOT_SCORED
        self.error: Exception | None = None

    async def score(self, matrix: Matrix, amounts: list[int]) -> list[Risk]:
        self.asked.append((matrix, amounts))
        if self.error is not None:
            raise self.error
        return [self.verdict] * len(amounts)


class Creditors:
    """Windows of creditors by number."""

    def __init__(self) -> None:
        self.windows: dict[int, Windows] = {}
        self.observed: list[tuple[int, int]] = []

    def for_creditor(self, number: int) -> Windows | None:
        return self.windows.get(number)

    def observe(self, number: int, occurred_at_us: int, amount: int) -> None:
        self.observed.append((number, amount))


class House:
    """The actor and all around it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ledger = Writer.ledger = Ledger()
        for name in (
            "accounts_by_id",
            "accounts_by_number",
            "system_accounts",
            "creditors",
            "keys",
            "payments",
            "opened_as",
            "count_day",
            "legs",
            "open_legs",
            "due_holds",
        ):
            monkeypatch.setattr(load, name, getattr(self.ledger, name))  # fmt: skip
        for name in ("park", "parked"):
            monkeypatch.setattr(parked_legs, name, getattr(self.ledger, name))
        monkeypatch.setattr(account_partition, "Writer", Writer)
        monkeypatch.setattr(account_partition, "text_sealer", text_sealer)
        laying_out = type("commit", (), {"prepare": self.ledger.prepare, "Commit": commit.Commit})
        monkeypatch.setattr(deciding, "commit", laying_out)
        self.scorer, self.creditors = Scorer(), Creditors()
        self.legs_posted: list[PostLegs] = []
        self.may_post = asyncio.Event()
        self.may_post.set()
        self.ended: list[str] = []
        self.new_id = payment_id
        self.actor = self.make()

    def make(self, **settings: Any) -> AccountPartition:
        self.actor = AccountPartition(
            0, "actor-0", SETTINGS.replace(**settings), self.scorer, self.creditors, self.post_legs,
            self.ended.append, new_id=self.new_id,
        )  # fmt: skip
        return self.actor

    async def post_legs(self, actor: int, legs: PostLegs) -> LegsAnswer:
        """Everything arrives at the other actor."""
        assert actor == 1
        self.legs_posted.append(legs)
        await self.may_post.wait()
        return LegsDone([0] * len(legs.seqs))

    async def ask(self, *asked: Command) -> list[Answer]:
        async with asyncio.timeout(WAIT_S):
            return answers.decode(await self.actor.submit(commands.encode(list(asked))))

    async def ask_legs(self, asked: PostLegs) -> LegsAnswer:
        async with asyncio.timeout(WAIT_S):
            return answers.decode_legs(await self.actor.submit(commands.encode([asked])))

    def asking(self, *asked: Command) -> "asyncio.Task[list[Answer]]":
        return asyncio.create_task(self.ask(*asked))

    async def opened(self, *ids: str, money: int = 10_000) -> None:
        """Accounts with money, in a started actor."""
        await self.ask(*(OpenAccount(TENANT, id, EUR) for id in ids))
        if money:
            funds = [Fund(TENANT, id, money, EUR, f"opening-{id}", 1) for id in ids]
            assert all(isinstance(a, Done) for a in await self.ask(*funds))

    async def started(self, *ids: str, money: int = 10_000, **settings: Any) -> None:
        """An actor with accounts of these names, of which nothing has been noted so far."""
        if settings:
            self.make(**settings)
        await self.actor.start()
        if ids:
            await self.opened(*ids, money=money)
        self.ledger.tried.clear()
        self.scorer.asked.clear()

    def leg_for(self, creditor: str, amount: int = 40, seq: int = 3) -> None:
        """Another actor's payment is under way."""
        number = self.actor._book.by_id[TENANT, creditor].number
        self.ledger.shown[1, seq] = OpenLeg(
            seq.to_bytes(14, "big") + b"\0\1", 0, 1, seq, False, True, TENANT, EUR, amount,
            1 << ORDINAL_BITS | 4_096, number, bytes(16),
        )  # fmt: skip

    def far(self, id: str) -> None:
        """An account of the other actor."""
        partition = partition_of(TENANT, id, PARTITIONS)
        number = partition << ORDINAL_BITS | 4_096
        self.ledger.engine.accounts[number] = Account(number, TENANT, id, EUR)

    def posted(self, id: str) -> int:
        """As the journal has it."""
        (number,) = [n for n, a in self.ledger.engine.accounts.items() if a.id == id]
        return self.ledger.engine.balance(number)[0]

    def stat(self, name: str) -> int:
        return int(self.actor.stats()[name])

    async def until(self, condition: Callable[[], bool]) -> None:
        """Turns of the loop, of which there are enough."""
        for _ in range(2_000):
            if condition():
                return
            await asyncio.sleep(0)
        raise AssertionError("it never came true")

    async def in_time(self, condition: Callable[[], bool]) -> None:
        """What pauses come before."""
        async with asyncio.timeout(WAIT_S):
            while not condition():
                await asyncio.sleep(0.1)


def names(count: int, actor: int = 0) -> list[str]:
    """Ids of accounts that live with an actor."""
    mine = set(partitions_of(actor, SETTINGS.cell.partitions, SETTINGS.cell.actors))
    every = (f"id-{n}" for n in range(10_000))
    found = (id for id in every if partition_of(TENANT, id, PARTITIONS) in mine)
    return [next(found) for _ in range(count)]


ANNA, SHOP, BERT, CARL = names(4)
FAR, FARTHER = names(2, actor=1)


def pay(key: str, amount: int = 100, debtor: str = ANNA, creditor: str = SHOP, **more: Any) -> Pay:
    return Pay(TENANT, debtor, creditor, amount, EUR, key, amount, **more)
