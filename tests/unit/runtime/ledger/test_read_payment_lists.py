"""Pages of payments along an index: put together they are the list, whatever their size."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from support.ledger_tokens import TOKENS

from headrace.runtime.clock import from_us
from headrace.runtime.journal.account_numbers import FIRST_ORDINAL, account_number
from headrace.runtime.journal.states import PaymentState as S
from headrace.runtime.ledger import read_payment_lists as lists
from headrace.runtime.ledger.cursors import Cursors, InvalidCursor, OfAnotherHistory
from headrace.runtime.ledger.read_accounts import SQL as ACCOUNTS_SQL
from headrace.runtime.ledger.read_payment_lists import SQL, Filter

TENANT, SECOND_US, PAIR, EUR = 5, 1_000_000, -77, 978
CURSORS = Cursors(TOKENS)
END = 10_000
START = 1_700_000_000_000_000
NUMBERS = {"anna": account_number(3, FIRST_ORDINAL), "shop": account_number(2, FIRST_ORDINAL)}


class Payment(NamedTuple):
    """Its records are `rows` rows of each index."""

    n: int
    debtor: str = "anna"
    creditor: str = "shop"
    reference: str | None = None
    state: S = S.SETTLED
    rows: int = 1

    @property
    def id(self) -> UUID:
        """As ids.payment_id: milliseconds, then what tells those of one millisecond apart."""
        return UUID(int=(START // 1_000 + 1_000 * self.n) << 80 | 7)

    @property
    def at(self) -> datetime:
        return from_us(START + self.n * SECOND_US)

    @property
    def seq(self) -> int:
        return 10 * self.n + 10


class Index:
    """Answers the statements of lists as their comments say, over payments in a list."""

    def __init__(self, *payments: Payment) -> None:
        self.payments = sorted(payments, key=lambda p: p.n, reverse=True)
        self.stretches: list[tuple[str, int]] = []

    async def fetchval(self, statement: str, *arguments: Any) -> int | None:
        if statement == SQL["account_number"]:
            assert arguments[0] == TENANT
            return NUMBERS.get(arguments[1])
        if statement == ACCOUNTS_SQL["end"]:
            return END
        moment = arguments[1]
        if statement == ACCOUNTS_SQL["seq_before"]:
            return max((p.seq for p in self.payments if p.at < moment), default=0)
        assert statement == ACCOUNTS_SQL["seq_until"]
        return max((p.seq + p.rows - 1 for p in self.payments if p.at <= moment), default=0)

    async def fetch(self, statement: str, *arguments: Any) -> Sequence[dict[str, Any]]:
        if statement == SQL["matching"]:
            return self._matching(*arguments)
        (name,) = [n for n, text in SQL.items() if text == statement]
        if name in ("of_debtor", "arrived", "of_account"):
            account, high, low, limit = arguments
            rows = [(p, p.seq + n) for p in self.payments for n in reversed(range(p.rows))
                    if account in (NUMBERS[p.debtor], NUMBERS[p.creditor])]  # fmt: skip
            found = [(p, seq, seq == p.seq) for p, seq in rows if low <= seq <= high]
        else:
            high, low = [a for a in arguments if isinstance(a, UUID)]
            (limit,) = [a for a in arguments if isinstance(a, int) and a not in (TENANT, PAIR)]
            found = [(p, p.id, n == 0) for p in self.payments for n in reversed(range(p.rows))
                     if low <= p.id <= high]  # fmt: skip
        self.stretches.append((name, limit))
        return [{"key": at, "payment": p.id, "counts": c} for p, at, c in found][:limit]

    def _matching(
        self, tenant: int, ids: list[UUID], debtor: int | None, creditor: int | None,
        account: int | None, reference: str | None, least: int | None, most: int | None,
        currency: int | None, since: datetime | None, until: datetime | None, pair: int | None,
        status: S | None,
    ) -> list[dict[str, Any]]:  # fmt: skip
        by_id = {p.id: p for p in self.payments}
        return [
            {"payment": id}
            for id in ids
            if (p := by_id[id])
            and debtor in (None, NUMBERS[p.debtor])
            and creditor in (None, NUMBERS[p.creditor])
            and account in (None, NUMBERS[p.debtor], NUMBERS[p.creditor])
            and (least or 0) <= p.n <= (p.n if most is None else most)
            and (pair is None or p.reference)
            and currency in (None, EUR)
            and reference in (None, p.reference)
            and (since is None or p.at >= since)
            and (until is None or p.at < until)
            and status in (None, p.state)
        ]

    async def pages(self, limit: int, **chosen: Any) -> list[list[int]]:
        """The numbers of a list's payments, page by page, to its end."""
        found: list[list[int]] = []
        numbers, cursor = {p.id: p.n for p in self.payments}, None
        while len(found) < 1_000:
            page, cursor = await lists.payments(
                self, CURSORS, TENANT, Filter(**chosen), cursor, limit
            )
            found.append([numbers[id] for id in page])
            if cursor is None:
                return found
        raise AssertionError("the list has no end")


MANY = [
    Payment(
        n, creditor="shop" if n % 2 else "anna", reference="x" if n % 3 else None,
        state=S.SETTLED if n % 5 else S.IN_REVIEW, rows=1 + n % 4,
    )
    for n in range(230)
]  # fmt: skip
NEWEST_FIRST = list(range(229, -1, -1))


@pytest.mark.parametrize("limit", [1, 7, 100, 229, 230, 231])
async def test_pages_of_all_payments_are_the_list(limit: int) -> None:
    pages = await Index(*MANY).pages(limit)
    assert [n for page in pages for n in page] == NEWEST_FIRST
    assert all(len(page) == limit for page in pages[:-1]), "only the last page is short"
    assert pages[-1], "nor is it empty"


class Adjoining(Payment):
    """No key lies between it and the next."""

    @property
    def id(self) -> UUID:
        return UUID(int=(START // 1_000 << 80) + self.n)

    @property
    def seq(self) -> int:
        return 10 + self.n


@pytest.mark.parametrize("limit", [1, 2, 3])
@pytest.mark.parametrize("chosen", [{}, {"debtor": "anna"}, {"reference": "r"}])
async def test_payments_whose_keys_adjoin_are_all_told_once(
    limit: int, chosen: dict[str, Any]
) -> None:
    index = Index(*(Adjoining(n, reference="r") for n in range(9)))
    pages = await index.pages(limit, **chosen)
    assert [n for page in pages for n in page] == list(range(8, -1, -1))


@pytest.mark.parametrize("limit", [7, 230])
@pytest.mark.parametrize(
    ("chosen", "let_through", "route"),
    [
        ({"debtor": "anna"}, lambda p: True, "of_debtor"),
        ({"debtor": "anna", "status": S.SETTLED}, lambda p: p.n % 5, "of_debtor"),
        ({"debtor": "anna", "creditor": "shop"}, lambda p: p.n % 2, "of_debtor"),
        ({"creditor": "shop", "status": S.SETTLED}, lambda p: p.n % 2 and p.n % 5, "arrived"),
        ({"creditor": "shop"}, lambda p: p.n % 2, "newest"),
        ({"creditor": "shop", "status": S.IN_REVIEW}, lambda p: p.n % 2 and not p.n % 5,
         "in_review"),
        ({"reference": "x"}, lambda p: p.n % 3, "with_reference"),
        ({"reference": "x", "debtor": "anna"}, lambda p: p.n % 3, "with_reference"),
        ({"reference": "x", "creditor": "shop", "status": S.SETTLED},
         lambda p: p.n % 3 and p.n % 2 and p.n % 5, "with_reference"),
        ({"status": S.DECLINED}, lambda p: False, "newest"),
        ({"account": "shop"}, lambda p: p.n % 2, "newest"),
        ({"account": "shop", "status": S.SETTLED}, lambda p: p.n % 2 and p.n % 5, "of_account"),
        ({"account": "shop", "debtor": "anna"}, lambda p: p.n % 2, "of_debtor"),
        ({"account": "shop", "status": S.IN_REVIEW}, lambda p: p.n % 2 and not p.n % 5,
         "in_review"),
        ({"account": "shop", "reference": "x"}, lambda p: p.n % 2 and p.n % 3, "with_reference"),
        ({"pair": PAIR}, lambda p: p.n % 3, "with_metadata"),
        ({"pair": PAIR, "account": "shop", "status": S.SETTLED},
         lambda p: p.n % 3 and p.n % 2 and p.n % 5, "with_metadata"),
        ({"pair": PAIR, "debtor": "anna"}, lambda p: p.n % 3, "of_debtor"),
        ({"pair": PAIR, "reference": "x"}, lambda p: p.n % 3, "with_reference"),
        ({"amount_from": 20, "amount_to": 99}, lambda p: 20 <= p.n <= 99, "newest"),
        ({"currency": EUR, "debtor": "anna"}, lambda p: True, "of_debtor"),
        ({"currency": EUR + 1, "debtor": "anna"}, lambda p: False, "of_debtor"),
        ({"amount_to": 0, "debtor": "anna"}, lambda p: not p.n, "of_debtor"),
    ],
)  # fmt: skip
async def test_pages_of_a_filter_are_what_it_lets_through(
    limit: int, chosen: dict[str, Any], let_through: Any, route: str
) -> None:
    index = Index(*MANY)
    pages = await index.pages(limit, **chosen)
    expected = [p.n for p in reversed(MANY) if let_through(p)]
    assert [n for page in pages for n in page] == expected
    assert {name for name, _ in index.stretches} == {route}


@pytest.mark.parametrize(
    "chosen",
    [{}, {"debtor": "anna"}, {"reference": "r"}, {"creditor": "shop", "status": S.SETTLED}],
)
async def test_times_bound_a_list_the_first_included_and_the_last_not(
    chosen: dict[str, Any],
) -> None:
    index = Index(*(Payment(n, reference="r", rows=2) for n in range(40)))
    since, until = from_us(START + 10 * SECOND_US), from_us(START + 20 * SECOND_US)
    pages = await index.pages(3, created_from=since, created_to=until, **chosen)
    assert [n for page in pages for n in page] == list(range(19, 9, -1))
    pages = await index.pages(3, created_to=from_us(START + 1), **chosen)
    assert [n for page in pages for n in page] == [0]
    pages = await index.pages(3, created_from=from_us(START + 39 * SECOND_US), **chosen)
    assert [n for page in pages for n in page] == [39]


async def test_a_payment_may_arrive_by_a_clock_that_is_an_hour_late() -> None:
    """Its creditor's partition wrote it down before it was made by the debtor's."""
    asked = []

    class Late(Index):
        async def fetchval(self, statement: str, *arguments: Any) -> int | None:
            if statement == ACCOUNTS_SQL["seq_before"]:
                asked.append(arguments)
                return 17
            return await super().fetchval(statement, *arguments)

    route = await lists._of_account(
        Late(), "arrived", NUMBERS["shop"], Filter(created_from=from_us(START))
    )  # fmt: skip
    assert asked == [(2, from_us(START - 3_600 * SECOND_US))]
    assert route.low == 18
    await lists._of_account(
        Late(), "of_debtor", account_number(3, 0), Filter(created_from=from_us(START))
    )
    assert asked[1:] == [(3, from_us(START))]


async def test_a_list_from_the_beginning_of_time_begins_there() -> None:
    index = Index(Payment(0))
    for chosen in ({"creditor": "shop", "status": S.SETTLED}, {}):
        pages = await index.pages(3, created_from=from_us(-5), **chosen)
        assert pages == [[0]]


@pytest.mark.parametrize("name", ["debtor", "creditor"])
async def test_nobodys_payments_are_none(name: str) -> None:
    assert await Index(*MANY).pages(9, **{name: "nobody"}) == [[]]


async def test_a_page_is_short_when_its_rows_are_used_up_and_the_next_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lists, "ROWS_MAX", 100)
    index = Index(*(Payment(n, reference="x" if n < 5 else None) for n in range(1_000)))
    pages = await index.pages(2, debtor="anna", status=S.DECLINED)
    assert pages == [[]] * len(pages)
    assert 9 <= len(pages) <= 11


async def test_a_page_is_short_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter(range(10_000))
    monkeypatch.setattr(lists, "monotonic", lambda: next(now))
    index = Index(*(Payment(n) for n in range(1_000)))
    pages = await index.pages(2, debtor="anna", status=S.DECLINED)
    stretches = [limit for _, limit in index.stretches]
    assert stretches[:4] == [100, 200, 100, 200], "two seconds, each twice as long as the last"
    assert len(pages) > 2


async def test_stretches_grow_while_a_page_is_not_full() -> None:
    index = Index(*(Payment(n) for n in range(1_000)))
    await index.pages(2, debtor="anna", status=S.DECLINED)
    assert [limit for _, limit in index.stretches] == [100, 200, 400, 800]
    index.stretches.clear()
    await index.pages(50, debtor="anna", status=S.DECLINED)
    assert [limit for _, limit in index.stretches] == [200, 400, 800]


async def test_a_payment_with_more_rows_than_a_stretch_is_got_past() -> None:
    index = Index(Payment(1), Payment(2, rows=150), Payment(3))
    assert await index.pages(9) == [[3, 2, 1]]
    assert [limit for _, limit in index.stretches] == [100, 200]


@pytest.mark.parametrize("rows", [1, 2, 3, 4])
async def test_a_stretch_may_end_anywhere_in_a_payments_rows(rows: int) -> None:
    """The first ends after a hundred rows: behind a payment's, at their beginning or between."""
    last = 150 - 100 // rows
    wanted = [last + 1, last, last - 1, last - 2]
    index = Index(
        *(Payment(n, rows=rows, state=S.DECLINED if n in wanted else S.SETTLED) for n in range(150))
    )
    assert await index.pages(9, status=S.DECLINED) == [wanted]


async def test_another_lists_cursor_is_refused() -> None:
    index = Index(*MANY)
    _, cursor = await lists.payments(index, CURSORS, TENANT, Filter(), None, 5)
    with pytest.raises(InvalidCursor):
        await lists.payments(index, CURSORS, TENANT, Filter(debtor="anna"), cursor, 5)


@pytest.mark.parametrize(
    ("chosen", "name", "place_max"),
    [({}, "newest", 2**128 - 1), ({"debtor": "anna"}, "of_debtor", END)],
)
async def test_a_cursor_beyond_all_places_is_refused(
    chosen: dict[str, Any], name: str, place_max: int
) -> None:
    index = Index(*MANY)

    async def first(key: int) -> int:
        cursor = CURSORS.encode(name, TENANT, key)
        page, _ = await lists.payments(index, CURSORS, TENANT, Filter(**chosen), cursor, 1)
        return len(page)

    assert await first(place_max) == 1
    with pytest.raises(OfAnotherHistory):
        await first(place_max + 1)


async def test_a_list_of_which_the_rest_matches_nothing_ends_with_its_last_page() -> None:
    """Though that page was full at the end of a stretch of rows."""
    newest = {998, 999}
    index = Index(
        *(Payment(n, state=S.SETTLED if n in newest else S.DECLINED) for n in range(1_000))
    )
    assert await index.pages(2, debtor="anna", status=S.SETTLED) == [[999, 998]]


async def test_only_a_debtors_own_entries_end_with_the_time_until_when_payments_were_made() -> None:
    """At a creditor what was made before it may arrive after it."""

    class Timed(Index):
        async def fetchval(self, statement: str, *arguments: Any) -> int | None:
            if statement == ACCOUNTS_SQL["seq_until"]:
                return 9
            return await super().fetchval(statement, *arguments)

    until = Filter(created_to=from_us(START))
    assert (await lists._of_account(Timed(), "of_debtor", NUMBERS["anna"], until)).high == 9
    assert (await lists._of_account(Timed(), "arrived", NUMBERS["shop"], until)).high > 2**53
