"""Whatever two partitions' writers are asked to do, in whatever order, the books stay right."""

import asyncio
import random
from collections import Counter
from contextlib import asynccontextmanager

import msgspec
import pytest
from support.strangers import NoWindows
from support.verdict import verdict_of

from headrace.actors.account_partition import AccountPartition
from headrace.runtime.commands import home_of
from headrace.runtime.database.connect import pool
from headrace.runtime.events.stream import EventStream
from headrace.runtime.identity import tenants
from headrace.runtime.journal.states import OPEN_STATES, PaymentState
from headrace.runtime.ledger.read import Reader
from headrace.runtime.ledger.read_payment_lists import Filter
from headrace.runtime.partitioning import actor_of
from headrace.runtime.payments import answer as answers
from headrace.runtime.payments import command as commands
from headrace.runtime.payments import fingerprint
from headrace.runtime.payments.answer import Done, Refused
from headrace.runtime.payments.command import (
    Act,
    ChangeAccount,
    Fund,
    OpenAccount,
    Pay,
    PaymentAction,
)  # fmt: skip
from headrace.runtime.payments.decide_payment import NOT_SCORED
from headrace.runtime.refusals import Refusal

EUR = 978
ACCOUNTS = [f"account-{n}" for n in range(12)]
ROUNDS, COMMANDS_A_ROUND = 40, 25
DEADLINE_S = 60
ON_HOLDS = [PaymentAction.CAPTURE] * 5 + [
    PaymentAction.CANCEL, PaymentAction.ACCEPT, PaymentAction.REJECT,
]  # fmt: skip
REVIEW = msgspec.structs.replace(NOT_SCORED, outcome=1, score=800)


class Risk:
    """Sends one payment in ten to review."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice

    async def score(self, matrix, amounts):
        return [REVIEW if self._dice.random() < 0.1 else NOT_SCORED for _ in amounts]


class Platform:
    """Two writers, that reach each other by direct calls."""

    def __init__(self, settings, dice):
        self.settings = settings
        self.writers = [
            AccountPartition(n, f"writer-{n}", settings, Risk(dice), NoWindows(), self.post_legs)
            for n in range(settings.cell.actors)
        ]

    async def call(self, actor, wanted):
        """Commands for one writer."""
        return answers.decode(await self.writers[actor].submit(commands.encode(wanted)))

    async def post_legs(self, actor, legs):
        """Another process's call."""
        return answers.decode_legs(await self.writers[actor].submit(commands.encode([legs])))

    async def submit(self, wanted):
        """Commands for any partitions, answered in their order."""
        for command in wanted:
            if isinstance(command, Pay | Fund | Act):
                command.fingerprint = fingerprint.of(command)
        given = [None] * len(wanted)
        homes = [
            actor_of(home_of(c, self.settings.cell.partitions), self.settings.cell.actors)
            for c in wanted
        ]
        for actor in set(homes):
            places = [n for n, home in enumerate(homes) if home == actor]
            found = await self.call(actor, [wanted[n] for n in places])
            for place, answer in zip(places, found, strict=True):
                given[place] = answer
        return given


@asynccontextmanager
async def running(settings, dice):
    platform = Platform(settings, dice)
    for writer in platform.writers:
        await writer.start()
    try:
        yield platform
    finally:
        for writer in platform.writers:
            await writer.stop()


class Clients:
    """Ask for anything, sensible or not, and remember the payments that came of it."""

    def __init__(self, tenant, dice):
        self.tenant = tenant
        self.dice = dice
        self.held = []
        self.paid = []
        self.sent = []
        self.keys = 0

    def learn(self, command, answer):
        """Of a new payment, whether something is held for it."""
        if isinstance(answer, Done) and not answer.replayed and isinstance(command, Pay):
            waits = command.manual_capture or answer.state == PaymentState.IN_REVIEW
            (self.held if waits else self.paid).append(answer.payment)

    def command(self):
        dice, choice = self.dice, self.dice.random()
        if choice < 0.02 and self.sent:
            return dice.choice(self.sent)
        self.keys += 1
        key = f"key-{self.keys}"
        if choice < 0.08:
            account, amount = dice.choice(ACCOUNTS), dice.choice((-400, 300, 2_000))
            return Fund(self.tenant, account, amount, EUR, key, 0)
        if choice < 0.12:
            return ChangeAccount(
                self.tenant, dice.choice(ACCOUNTS), frozen=dice.random() < 0.1,
                credit_line=dice.choice((None, 0, 500)), daily_count_max=dice.choice((None, 0, 90)),
                close=dice.random() < 0.1,
            )  # fmt: skip
        if choice < 0.5 and self.held and self.paid:
            refund = dice.random() < 0.4
            payment = dice.choice(self.paid if refund else self.held)
            action = PaymentAction.REFUND if refund else dice.choice(ON_HOLDS)
            final = dice.random() < 0.4
            return Act(self.tenant, payment, action, dice.choice((0, 1, 30)), final, key)
        debtor, creditor = dice.sample(ACCOUNTS, 2)
        return Pay(
            self.tenant, debtor, creditor, dice.randrange(1, 400), EUR, key, 0,
            manual_capture=dice.random() < 0.3, reference=dice.choice((None, "r1", "r2")),
        )  # fmt: skip


async def no_leg_is_open(platform):
    async with asyncio.timeout(DEADLINE_S):
        while any(w.stats()["open_legs"] for w in platform.writers):
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("seed", range(1, 5))
async def test_any_mix_of_commands_leaves_books_that_pass_every_check(settings, seed):
    dice = random.Random(seed)
    settings = settings.replace(actors=2, batch_payments_max=40)
    async with await pool(settings.ledger) as database, running(settings, dice) as platform:
        tenant = (await tenants.create(database, "acme"))[0].number
        clients, outcomes = Clients(tenant, dice), Counter()
        opened = await platform.submit([OpenAccount(tenant, a, EUR) for a in ACCOUNTS])
        assert all(isinstance(answer, Done) for answer in opened)
        for _ in range(ROUNDS):
            wanted = [clients.command() for _ in range(COMMANDS_A_ROUND)]
            halves = wanted[::2], wanted[1::2]
            found = await asyncio.gather(*(platform.submit(list(half)) for half in halves))
            for command, answer in zip(halves[0] + halves[1], found[0] + found[1], strict=True):
                outcomes[_outcome(command, answer)] += 1
                clients.learn(command, answer)
            clients.sent += [c for c in wanted if isinstance(c, Pay | Fund)]
        await no_leg_is_open(platform)
        print(f"seed {seed}:", dict(outcomes))
        assert outcomes["Pay", "settled"] > 25
        assert not [o for o in outcomes if o[1] in ("unavailable", "overloaded")]
        verdict = await verdict_of(settings)
        assert [c for c in verdict.checks if c.result != "pass"] == []
        await _reads_agree(settings, Reader(database), clients)


def _outcome(command, answer):
    name = type(command).__name__
    if isinstance(answer, Refused):
        return name, Refusal(answer.refusal).name.lower()
    if answer.replayed:
        return name, "replayed"
    return name, PaymentState(answer.state).name.lower() if answer.state else "done"


async def _reads_agree(settings, reader, clients):
    """Lists, single reads and events tell the same of every payment."""
    listed, cursor = {}, None
    while True:
        page = await reader.payments(clients.tenant, Filter(), cursor, 37)
        listed |= {p.id: p for p in page.items}
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(listed) == len(clients.held) + len(clients.paid)
    settled = {s.name.lower() for s in PaymentState} - {s.name.lower() for s in OPEN_STATES}
    last_status = {}
    stream = EventStream(reader, settings.events)
    async for told in stream.until_now(await stream.start("", clients.tenant)):
        if told.event and "payment" in told.event.data:
            last_status[told.event.subject] = told.event.data["status"]
    assert last_status == {id: p.status for id, p in listed.items()}
    for payment in clients.held + clients.paid:
        found = await reader.payment(clients.tenant, payment)
        assert found == listed[found.id]
        assert all(m.status != "pending" for m in found.movements)
        if found.status in settled:
            assert found.held_amount == 0
