"""Statements and lists over ranges of time in quiet partitions: most of their sequences are carried
by records of other partitions, so that an own record's row is rarely near a moment."""

from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import Any

import pytest
import pytest_asyncio
from support.books_written import write
from support.ledger_tokens import TOKENS, record_id_of

from headrace.runtime.clock import from_us
from headrace.runtime.ids import text
from headrace.runtime.journal.kinds import FIRST_KINDS, RecordKind
from headrace.runtime.journal.states import PaymentState
from headrace.runtime.ledger.read import Reader
from headrace.runtime.ledger.read_payment_lists import Filter

SEED = 17
RANGES = 2_400
NO_RECORD = frozenset({1, 2, 3, 13})
"""Kinds that change no balance: settings, declined payments."""


@pytest.fixture
def reader(database):
    return Reader(database, tokens=TOKENS)


@pytest_asyncio.fixture
async def quiet(books) -> Sequence[str]:
    """Three merchants whose partitions write next to nothing themselves; some moments are shared by
    several records."""
    random = Random(SEED)
    payers = [books.name(p) for p in (0, 8)]
    merchants = [books.name(p) for p in (2, 4, 6)]
    for payer in payers:
        books.deposit(payer, 1_000_000)
    for _ in range(500):
        books.pay(random.choice(payers), random.choice(merchants), random.randrange(1, 100))
        if random.random() < 0.04:
            books.deposit(random.choice(merchants), 7)
        if random.random() < 0.02:
            books.pay(random.choice(merchants), random.choice(payers), 1)
        if random.random() < 0.2:
            books.now -= 1_000_000  # the next has the same moment
    await write(books)
    return merchants


def changes(books, id: str) -> list[tuple[int, int]]:
    """(moment, sequence) of an account's entries, as the model knows them."""
    number = books.numbers[id]
    return [
        (r.at, r.seq if r.debit == number else r.credit_seq)
        for r in books.records
        if number in (r.debit, r.credit) and r.kind not in NO_RECORD
    ]


def moments(books, random: Random, count: int) -> list[int]:
    """At records, just before and after them, and between."""
    first, last = books.records[0].at - 10, books.records[-1].at + 10
    at = [r.at + random.choice((-1, 0, 1)) for r in random.choices(books.records, k=count // 2)]
    return sorted(at + [random.randrange(first, last) for _ in range(count - len(at))])


async def statement(reader, tenant: int, id: str, since: int, until: int) -> list[Any]:
    page = await reader.entries(tenant, id, None, 1_000, from_us(since), from_us(until))
    assert page.next_cursor is None
    return page.items


def sequences(entries: Sequence[Any]) -> list[int]:
    return [record_id_of(entry.id)[1] for entry in entries]


async def test_statements_over_random_ranges_lose_no_entry(reader, books, quiet):
    random = Random(SEED)
    short = []
    for _ in range(RANGES):
        id = random.choice(quiet)
        since, until = moments(books, random, 2)
        told = sequences(await statement(reader, books.tenant, id, since, until))
        right = sorted((s for at, s in changes(books, id) if since <= at < until), reverse=True)
        if told != right:
            short.append((id, since, until, len(right), len(told)))
    print(f"{RANGES} ranges by seed {SEED}, {len(short)} told wrongly")
    assert short == []


async def test_adjoining_statements_have_each_entry_once_and_sum_up_to_the_balances(
    reader, books, quiet
):
    random = Random(SEED)
    for id in quiet:
        cuts = sorted({books.records[4].at, *moments(books, random, 60), books.now + 1})
        told: list[int] = []
        for since, until in pairwise(cuts):
            entries = await statement(reader, books.tenant, id, since, until)
            told = sequences(entries) + told
            before = await reader.account(books.tenant, id, from_us(since - 1))
            after = await reader.account(books.tenant, id, from_us(until - 1))
            difference = after.posted - (before.posted if before else 0)
            assert sum(entry.amount for entry in entries) == difference
        assert told == sorted((s for _, s in changes(books, id)), reverse=True)


@pytest.mark.parametrize("party", ["creditor", "debtor"])
async def test_lists_of_payments_over_random_ranges_lose_none(reader, books, quiet, party):
    random = Random(SEED)
    first = [r for r in books.records if r.kind in FIRST_KINDS]
    for _ in range(150):
        id = random.choice(quiet)
        since, until = moments(books, random, 2)
        chosen = Filter(
            created_from=from_us(since), created_to=from_us(until), status=PaymentState.SETTLED,
            **{party: id},
        )  # fmt: skip
        page = await reader.payments(books.tenant, chosen, None, 1_000)
        number, side = books.numbers[id], {"creditor": "creditor", "debtor": "debit"}[party]
        assert {p.id for p in page.items} == {
            text(r.payment) for r in first if getattr(r, side) == number and since <= r.at < until
        }


async def test_a_payment_that_arrives_before_it_was_made_by_slower_clocks_is_listed(reader, books):
    payer, merchant = books.name(0), books.name(3)
    books.deposit(payer, 100)
    books.deposit(merchant, 1)
    payment = books.pay(payer, merchant, 10, stop="debited")
    made = books.records[-1].at
    later = books.now
    books.now = made - 500_000  # the creditor's clock is behind
    books.arrive(payment, 0, 10, PaymentState.SETTLED, stop="credited")
    books.deposit(merchant, 1)
    books.now = later
    books.at_home(payment, RecordKind.COMPLETED, PaymentState.SETTLED, 0, 10)
    await write(books)
    page = await reader.payments(
        books.tenant,
        Filter(creditor=merchant, status=PaymentState.SETTLED, created_from=from_us(made)),
    )
    assert [p.id for p in page.items] == [text(payment)]
