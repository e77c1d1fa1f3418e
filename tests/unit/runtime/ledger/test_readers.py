"""What readers make of rows: names, accounts and statements."""

from datetime import datetime
from inspect import signature
from typing import Any
from uuid import UUID

import pytest
from msgspec import json
from support.ledger_tokens import TOKENS, record_id_of
from support.rows_of_a_journal import (
    ACCOUNTS,
    ANNA,
    AT,
    BERT,
    EUR,
    PAYMENT,
    SHOP,
    STRANGER,
    journal,
    named,
)

from headrace.runtime.clock import from_us, iso
from headrace.runtime.journal.account_numbers import (
    TRANSIT_OUT,
    system_account,
)
from headrace.runtime.journal.kinds import RecordKind as K
from headrace.runtime.journal.record import Record
from headrace.runtime.ledger import account_names, read_accounts
from headrace.runtime.ledger.account_names import AccountNames
from headrace.runtime.ledger.cursors import Cursors, InvalidCursor, OfAnotherHistory
from headrace.runtime.ledger.read import Reader
from headrace.runtime.ledger.read_accounts import AccountReader, Settings
from headrace.runtime.ledger.read_payments import SQL as PAYMENTS
from headrace.runtime.ledger.texts import Texts
from headrace.runtime.ledger.views import AccountView, Limits

pages = Cursors(TOKENS)

# Names


async def test_names_are_looked_up_once(told) -> None:
    db = told(PAYMENTS, account_names=named)
    names = AccountNames(db)
    transit = system_account(1, EUR, TRANSIT_OUT)
    assert await names.of([ANNA, 0, transit, STRANGER]) == {ANNA: "anna"}
    assert await names.of([ANNA, SHOP]) == {ANNA: "anna", SHOP: "shop"}
    assert await names.of([SHOP, ANNA]) == {ANNA: "anna", SHOP: "shop"}
    assert [sorted(numbers) for _, (numbers,) in db.asked] == [[ANNA, STRANGER], [SHOP]]


async def test_too_many_names_are_forgotten_but_those_asked_for(
    told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_names, "NAMES_MAX", 2)
    db = told(PAYMENTS, account_names=named)
    names = AccountNames(db)
    await names.of([ANNA, SHOP])
    assert len(db.asked) == 1
    assert await names.of([ANNA, BERT]) == {ANNA: "anna", BERT: "bert"}
    assert await names.of([ANNA]) == {ANNA: "anna"}
    assert [numbers for _, (numbers,) in db.asked[1:]] == [[BERT]]
    await names.of([SHOP])
    assert len(db.asked) == 3


async def test_as_many_names_as_there_is_room_for_are_kept(
    told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_names, "NAMES_MAX", 2)
    db = told(PAYMENTS, account_names=named)
    names = AccountNames(db)
    for number in (ANNA, SHOP, ANNA, SHOP):
        await names.of([number])
    assert len(db.asked) == 2


async def test_records_name_debtors_creditors_and_who_is_paid_in_the_end(told) -> None:
    names = AccountNames(told(PAYMENTS, account_names=named))
    record = Record(debit=ANNA, credit=system_account(1, EUR, TRANSIT_OUT), creditor=BERT)
    assert await names.in_records([record]) == {ANNA: "anna", BERT: "bert"}


def test_a_page_has_a_hundred_items_where_nobody_says_otherwise() -> None:
    for listing in (Reader.accounts, Reader.entries, Reader.payments):
        assert signature(listing).parameters["limit"].default == 100


# Accounts


def test_settings_that_a_record_leaves_out_are_none() -> None:
    assert json.decode(b'{"state":"open"}', type=Settings) == Settings(
        state="open", credit_line=0, payment_max=0, daily_amount_max=0, daily_count_max=0
    )
    assert Limits() == Limits(0, 0, 0)


def account(**fields: Any) -> dict[str, Any]:
    given = {
        "number": ANNA, "id": "anna", "currency": EUR, "state": 2, "posted": 100, "held": 30,
        "credit_line": 5, "payment_max": 1, "daily_amount_max": 2, "daily_count_max": 3,
        "opened_at": from_us(0), "last_at": from_us(AT), "read_at": from_us(AT + 1_000_000),
    }  # fmt: skip
    return {**given, **fields}


def reader(db: Any) -> AccountReader:
    return AccountReader(db, AccountNames(db), Texts(db, None), TOKENS)


async def test_an_account_is_told_as_it_is(told) -> None:
    assert await reader(told(ACCOUNTS, account=[account()])).account(5, "anna") == AccountView(
        id="anna", currency="EUR", state="frozen", posted=100, held=30, available=75,
        credit_line=5, limits=Limits(1, 2, 3), opened_at="1970-01-01T00:00:00.000000Z",
        as_of="2023-11-14T22:13:20.000000Z",
    )  # fmt: skip
    assert await reader(told(ACCOUNTS, account=[])).account(5, "anna") is None


async def test_an_account_is_told_as_it_was(told) -> None:
    details = b'{"state":"closed","credit_line":7,"payment_max":4}'
    answers = {
        "account": [account()], "seq_until": [40], "balance_at": [{"posted": 9, "held": 1}],
        "settings_at": [details],
    }  # fmt: skip
    db = told(ACCOUNTS, **answers)
    found = await reader(db).account(5, "anna", from_us(AT - 1))
    assert found == AccountView(
        id="anna", currency="EUR", state="closed", posted=9, held=1, available=15, credit_line=7,
        limits=Limits(4, 0, 0), opened_at="1970-01-01T00:00:00.000000Z", as_of=found.as_of,
    )  # fmt: skip
    assert found.as_of == "2023-11-14T22:13:19.999999Z"
    assert db.asked[1:] == [
        ("seq_until", (1, from_us(AT - 1))), ("balance_at", (ANNA, 40, from_us(AT - 1))),
        ("settings_at", (ANNA, 40)),
    ]  # fmt: skip


@pytest.mark.parametrize("missing", ["balance_at", "settings_at"])
async def test_an_account_that_was_not_opened_yet_is_none(told, missing: str) -> None:
    answers = {
        "account": [account()], "seq_until": [40], "balance_at": [{"posted": 9, "held": 1}],
        "settings_at": [b'{"state":"open"}'],
    }  # fmt: skip
    db = told(ACCOUNTS, **{**answers, missing: []})
    assert await reader(db).account(5, "anna", from_us(AT - 1)) is None


@pytest.mark.parametrize("quiet_s", [0, 59, 61, 3_600])
@pytest.mark.parametrize("ahead_us", [0, 1, 10**15])
async def test_nothing_is_told_as_of_what_may_still_change(
    told, quiet_s: int, ahead_us: int
) -> None:
    """Sure is what the partition's newest record, or a minute, has left behind."""
    sure = AT + max(0, quiet_s - 60) * 1_000_000
    row = account(read_at=from_us(AT + quiet_s * 1_000_000))
    for at, as_of in ((None, AT), (from_us(sure + ahead_us), sure)):
        found = await reader(told(ACCOUNTS, account=[row])).account(5, "anna", at)
        assert found is not None
        assert (found.posted, found.as_of) == (100, iso(from_us(as_of)))


@pytest.mark.parametrize("bound", [read_accounts.seq_before, read_accounts.seq_until])
async def test_a_partition_without_a_lease_is_no_partition(told, bound: Any) -> None:
    assert await bound(told(ACCOUNTS, seq_before=[0], seq_until=[0]), 1, from_us(AT)) == 0
    with pytest.raises(LookupError):
        await bound(told(ACCOUNTS, seq_before=[], seq_until=[]), 1, from_us(AT))


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
async def test_pages_of_accounts_are_the_list(told, limit: int) -> None:
    ids = ["a", "b", "c"]

    def page(_: int, after: str, many: int) -> list[dict[str, Any]]:
        assert many == limit + 1, "no more than says whether there is another page"
        return [account(id=id) for id in ids if id > after][:many]

    found, cursor = [], None
    for _ in range(4):
        got = await reader(told(ACCOUNTS, accounts=page)).accounts(5, cursor, limit)
        found += [view.id for view in got.items]
        cursor = got.next_cursor
        assert len(got.items) == limit or cursor is None
        if cursor is None:
            break
    assert found == ids


# Statements

ENTRIES = [
    *(journal(seq=n, credit_seq=n + 100, debit=ANNA, amount=n) for n in (3, 7)),
    *(journal(seq=n + 200, credit_seq=n, debit=SHOP, credit=ANNA, creditor=ANNA, amount=n)
      for n in (4, 5, 9)),
]  # fmt: skip


REACH = {"last_seq": 11, "last_at": from_us(AT), "read_at": from_us(AT)}


class Statement:
    """Statements of Anna's entries, which came from both sides of the journal."""

    def __init__(self, told) -> None:
        self.db = told(
            ACCOUNTS, account_number=[ANNA], entries=self.entries, account_names=named,
            seq_until=[7], seq_before=[3],
            reach=[REACH],
        )  # fmt: skip
        self.bounds: list[tuple[int, int]] = []
        self.limits: list[int] = []

    def entries(
        self, number: int, high: int, low: int, since: datetime | None, until: datetime | None,
        limit: int,
    ) -> list[dict[str, Any]]:  # fmt: skip
        self.bounds.append((high, low))
        self.limits.append(limit)
        own = [(r["seq"] if r["debit"] == ANNA else r["credit_seq"], r) for r in ENTRIES]
        found = [(seq, r) for seq, r in own if low <= seq <= high]
        newest = sorted(found, key=lambda e: e[0], reverse=True)[:limit]
        return [r for _, r in sorted(newest, key=lambda e: e[1]["seq"])]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6])
async def test_pages_of_a_statement_are_all_entries_newest_first(told, limit: int) -> None:
    statement = Statement(told)
    found, cursor = [], None
    for _ in range(6):
        page = await reader(statement.db).entries(5, "anna", cursor, limit)
        found += [
            (record_id_of(entry.id), entry.amount, entry.counterparty) for entry in page.items
        ]
        cursor = page.next_cursor
        assert len(page.items) == limit or cursor is None
        assert page.items
        if cursor is None:
            break
    assert found == [((1, 9), 9, "shop"), ((1, 7), -7, "shop"), ((1, 5), 5, "shop"),
                     ((1, 4), 4, "shop"), ((1, 3), -3, "shop")]  # fmt: skip
    assert set(statement.limits) == {limit + 1}
    assert statement.bounds[0] == (11, 0)


async def test_a_statement_is_bounded_by_what_stood_at_its_times(told) -> None:
    statement = Statement(told)
    page = await reader(statement.db).entries(5, "anna", None, 9, from_us(AT), from_us(AT + 1))
    assert statement.bounds == [(7, 3)]
    assert [record_id_of(entry.id)[1] for entry in page.items] == [7, 5, 4, 3]
    assert page.as_of == iso(from_us(AT + 1))
    later = await reader(statement.db).entries(5, "anna", until=from_us(AT + 2))
    assert later.as_of == iso(from_us(AT + 1))
    statement.bounds.pop()
    await reader(statement.db).entries(
        5, "anna", pages.encode("entries", 5, 5), 9, until=from_us(AT + 1)
    )
    await reader(statement.db).entries(
        5, "anna", pages.encode("entries", 5, 8), 9, until=from_us(AT + 1)
    )
    assert statement.bounds[1:] == [(5, 0), (7, 0)]
    with pytest.raises(InvalidCursor):
        await reader(statement.db).entries(5, "anna", pages.encode("accounts", 5, 5))
    with pytest.raises(OfAnotherHistory):
        await reader(statement.db).entries(5, "anna", pages.encode("entries", 5, 12))


async def test_a_statement_of_a_partition_without_a_lease_is_refused(told) -> None:
    db = told(ACCOUNTS, account_number=[ANNA], reach=[])
    with pytest.raises(LookupError, match="partition 1"):
        await reader(db).entries(5, "anna")


async def test_nobodys_statement_is_none(told) -> None:
    assert await reader(told(ACCOUNTS, account_number=[])).entries(5, "nobody") is None


async def test_what_came_from_elsewhere_names_its_debtor(told) -> None:
    row = journal(
        kind=K.CREDITED, debit=system_account(1, EUR, 3), credit=ANNA, creditor=ANNA, credit_seq=4
    )
    first = journal(kind=K.DEBITED, debit=BERT, creditor=ANNA, reference="invoice 7")
    db = told(
        ACCOUNTS, account_number=[ANNA], entries=[row], account_names=named, origins=[first],
        reach=[REACH],
    )  # fmt: skip
    (entry,) = (await reader(db).entries(5, "anna")).items
    assert (entry.counterparty, entry.reference) == ("bert", "invoice 7")
    assert db.asked[3] == ("origins", ([UUID(bytes=PAYMENT)], [], []))


async def test_a_page_asks_once_for_what_its_entries_belong_to(told) -> None:
    rows = [journal(kind=K.CREDITED, credit=ANNA, credit_seq=n) for n in range(9)]
    db = told(
        ACCOUNTS, account_number=[ANNA], entries=rows, account_names=named, origins=[journal()],
        reach=[REACH],
    )  # fmt: skip
    await reader(db).entries(5, "anna")
    assert db.names().count("origins") == 1
    alone = told(
        ACCOUNTS, account_number=[ANNA], entries=[journal()], account_names=named, reach=[REACH]
    )
    await reader(alone).entries(5, "anna")
    assert "origins" not in alone.names()


async def test_what_came_from_a_payment_that_is_not_found_names_nobody(told) -> None:
    row = journal(
        kind=K.CREDITED, debit=system_account(1, EUR, 3), credit=ANNA, creditor=ANNA, credit_seq=4
    )
    db = told(
        ACCOUNTS, account_number=[ANNA], entries=[row], account_names=named, origins=[],
        reach=[REACH],
    )  # fmt: skip
    (entry,) = (await reader(db).entries(5, "anna")).items
    assert entry.counterparty is None
