"""What a batch of commands needs and a book lacks: nothing more, and all of it."""

import numpy as np
import pytest
from msgspec.structs import replace

from headrace.runtime.ids import payment_id
from headrace.runtime.journal.account_numbers import (
    EXTERNAL,
    FIRST_ORDINAL,
    TRANSIT_IN,
    TRANSIT_OUT,
    account_number,
    system_account,
)
from headrace.runtime.journal.kinds import RecordKind
from headrace.runtime.journal.record import NO_LEG, Record
from headrace.runtime.journal.states import PaymentState
from headrace.runtime.keys import subject_keys
from headrace.runtime.keys.master_key import MasterKey
from headrace.runtime.keys.text_sealer import TextSealer
from headrace.runtime.ledger import load
from headrace.runtime.ledger.bring_in import Needs
from headrace.runtime.partitioning import partition_of
from headrace.runtime.payments.account import Account, Creditor
from headrace.runtime.payments.book import Book, Partition
from headrace.runtime.payments.command import (
    Act,
    ChangeAccount,
    Fund,
    OpenAccount,
    Pay,
    PostLegs,
    SettleLegs,
)
from headrace.runtime.payments.open_leg import LEG, OpenLeg, ShownLegs
from headrace.runtime.payments.payment import Payment

EUR, USD = 978, 840
ANNA, SHOP, FAR = (account_number(partition, FIRST_ORDINAL) for partition in range(3))
PAYMENT = payment_id(1_000_000, 0)
HERE = next(f"id-{n}" for n in range(99) if partition_of(1, f"id-{n}", 4) == 0)
THERE = next(f"id-{n}" for n in range(99) if partition_of(1, f"id-{n}", 4) == 2)


def out(partition, currency=EUR):
    return system_account(partition, currency, TRANSIT_OUT)


@pytest.fixture
def book():
    """Partitions 0 and 1 are its own; Anna and a shop are known."""
    book = Book(4)
    book.partitions = {n: Partition(n, 1, 10, 0, 5_000) for n in (0, 1)}
    book.add(Account(ANNA, 1, "anna", EUR))
    book.add(Account(SHOP, 1, "shop", EUR))
    return book


def told(book, *commands, legs=None):
    """All that is needed, but for what is empty."""
    needs = Needs(book, commands)
    numbers, system = needs.then(legs or {})
    all_of_it = {
        "ids": needs.ids, "creditors": needs.creditors, "payments": needs.payments,
        "legs": needs.legs, "limits": needs.limits, "opened_as": needs.opened_as,
        "numbers": numbers, "system": system,
    }  # fmt: skip
    return {name: value for name, value in all_of_it.items() if value}


def pay(debtor="anna", creditor="shop"):
    return Pay(1, debtor, creditor, 5, EUR, "k", 0)


@pytest.mark.parametrize(
    ("command", "needed"),
    [
        (pay(), {"system": {out(0)}}),
        (pay(debtor="shop"), {"system": {out(1)}}),
        (pay(creditor=HERE), {"ids": {(1, HERE)}, "system": {out(0)}}),
        (pay(creditor=THERE), {"creditors": {(1, THERE)}, "system": {out(0)}}),
        (pay(debtor=HERE), {"ids": {(1, HERE)}}),
        (Fund(1, "anna", 5, EUR, "k", 0), {"system": {system_account(0, EUR, EXTERNAL)}}),
        (Fund(1, HERE, 5, EUR, "k", 0), {"ids": {(1, HERE)}}),
        (Act(1, PAYMENT, 1), {"payments": {PAYMENT}}),
        (ChangeAccount(1, "anna", frozen=True), {}),
        (ChangeAccount(1, HERE), {"ids": {(1, HERE)}}),
        (ChangeAccount(1, "anna", payment_max=5, credit_line=5), {}),
        (ChangeAccount(1, "anna", daily_amount_max=5), {"limits": {(1, "anna")}}),
        (ChangeAccount(1, "anna", daily_count_max=5), {"limits": {(1, "anna")}}),
        (ChangeAccount(1, "anna", daily_amount_max=0, daily_count_max=0), {}),
        (
            ChangeAccount(1, HERE, daily_count_max=5),
            {"ids": {(1, HERE)}, "limits": {(1, HERE)}},
        ),
        (
            OpenAccount(1, HERE, USD),
            {
                "ids": {(1, HERE)}, "opened_as": {(1, HERE)},
                "system": {out(0, USD), system_account(0, USD, EXTERNAL)},
            },
        ),
    ],
)  # fmt: skip
def test_each_command_needs(book, command, needed):
    assert told(book, command) == needed


TEXT = b'{"description":"words"}'


def with_text(command):
    return replace(command, details=TEXT)


@pytest.mark.parametrize(
    ("command", "at_once", "then"),
    [
        (pay(), {ANNA}, {ANNA}),
        (pay(debtor=HERE), set(), {ANNA + 2}),
        (Fund(1, "shop", 5, EUR, "k", 0), set(), {SHOP}),
        (Fund(1, HERE, 5, EUR, "k", 0), set(), {ANNA + 2}),
        (Act(1, PAYMENT, 1), set(), {ANNA + 1}),
    ],
)
def test_a_text_needs_the_key_of_its_subject(book, command, at_once, then):
    """Of the debtor, or of whose account is funded, as soon as it is known who that is."""
    for asked, subjects in ((command, (set(), set())), (with_text(command), (at_once, then))):
        needs = Needs(book, [asked])
        assert needs.subjects == subjects[0]
        book.add(Account(ANNA + 2, 1, HERE, EUR))
        book.payments[PAYMENT] = payment(ANNA + 1, SHOP)
        needs.then({})
        assert needs.subjects == subjects[1]
        del book.by_id[1, HERE], book.payments[PAYMENT]


@pytest.mark.parametrize("command", [pay(debtor=HERE), Fund(1, HERE, 5, EUR, "k", 0),
                                     Act(1, PAYMENT, 1)])  # fmt: skip
def test_nobody_needs_the_key_of_who_was_not_found(book, command):
    needs = Needs(book, [with_text(command)])
    needs.then({})
    assert needs.subjects == set()


@pytest.mark.parametrize(
    ("command", "astray"),
    [
        (Fund(1, THERE, 5, EUR, "k", 0), {1}),
        (ChangeAccount(1, THERE), {1}),
        (OpenAccount(1, THERE, EUR), {1}),
        (pay(debtor=THERE), {1}),
        (pay(creditor=THERE), set()),
        (Act(1, payment_id(1_000_000, 2), 1), {1}),
        (Act(1, PAYMENT, 1), set()),
        (Fund(1, HERE, 5, EUR, "k", 0), set()),
    ],
)
def test_what_belongs_to_another_actor_is_told_by_its_index(book, command, astray):
    assert Needs(book, [pay(), command]).astray == astray


def test_a_known_creditor_of_another_actor_is_not_looked_up(book):
    book.creditors[1, THERE] = Creditor(FAR, EUR, False)
    assert told(book, pay(creditor=THERE)) == {"system": {out(0)}}


def test_what_is_in_memory_is_not_loaded(book):
    book.add(Account(out(0), 0, "", EUR))
    assert told(book, pay(), pay()) == {}


def test_each_partition_and_currency_has_its_own_transit(book):
    book.add(Account(ANNA + 1, 1, "dollars", USD))
    assert told(book, pay(), pay("dollars"), pay("shop"), pay()) == {
        "system": {out(0), out(0, USD), out(1)}
    }


def test_counters_that_are_true_already_are_not_looked_up(book):
    book.by_id[1, "anna"].counts = True
    assert told(book, ChangeAccount(1, "anna", daily_amount_max=5)) == {}


def payment(debtor, creditor):
    held = Record(
        payment=PAYMENT, debit=debtor, creditor=creditor, amount=5, currency=EUR, leg=NO_LEG,
        kind=RecordKind.HELD, state=PaymentState.AUTHORIZED,
    )  # fmt: skip
    return Payment(held)


@pytest.mark.parametrize(("creditor", "numbers"), [(SHOP + 1, {ANNA + 1, SHOP + 1}),
                                                   (FAR, {ANNA + 1})])  # fmt: skip
def test_a_known_payment_needs_its_accounts_here(book, creditor, numbers):
    book.payments[PAYMENT] = payment(ANNA + 1, creditor)
    assert told(book, Act(1, PAYMENT, 1)) == {"numbers": numbers, "system": {out(0)}}


def test_a_payments_home_is_its_debtors_partition_whichever_that_is(book):
    held = Record(
        payment=PAYMENT, debit=SHOP + 1, creditor=ANNA, amount=5, currency=USD, leg=NO_LEG,
        kind=RecordKind.HELD, state=PaymentState.AUTHORIZED,
    )  # fmt: skip
    book.payments[PAYMENT] = Payment(held)
    assert told(book, Act(1, PAYMENT, 1)) == {"numbers": {SHOP + 1}, "system": {out(1, USD)}}


def leg(seq, sole=True, refund=False):
    return OpenLeg(PAYMENT, 0, 0, seq, refund, sole, 1, EUR, 5, ANNA + 1, FAR, bytes(16))


@pytest.mark.parametrize(
    ("sole", "refund", "reason", "needed"),
    [
        (True, False, 0, {}),
        (True, False, 9, {"numbers": {ANNA + 1}, "system": {out(0)}}),
        (False, False, 0, {"payments": {PAYMENT}}),
        (False, False, 9, {"payments": {PAYMENT}, "numbers": {ANNA + 1}, "system": {out(0)}}),
        (
            False, True, 0,
            {
                "payments": {PAYMENT}, "numbers": {ANNA + 1},
                "system": {system_account(0, EUR, TRANSIT_IN)},
            },
        ),
    ],
)  # fmt: skip
def test_the_end_of_a_leg_needs(book, sole, refund, reason, needed):
    book.partitions[0].open_legs[9] = leg(9, sole, refund)
    assert told(book, SettleLegs([0, 0], [9, 10], [reason, 9])) == needed


def test_legs_need_their_creditors_and_their_way(book):
    shown = np.zeros(3, LEG)
    shown["creditor"] = [ANNA, SHOP + 1, FAR]
    shown["currency"] = [EUR, EUR, USD]
    shown["kind"] = [RecordKind.DEBITED, RecordKind.REFUND_REQUESTED, RecordKind.CAPTURED]
    command = PostLegs([2, 2, 3], [1, 2, 3])
    assert told(book, pay(), command, legs={1: ShownLegs(shown, {})}) == {
        "legs": {1: command}, "numbers": {SHOP + 1},
        "system": {
            out(0), system_account(0, EUR, TRANSIT_IN), out(1), system_account(2, USD, TRANSIT_IN),
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("command", "uncommitted", "waits"),
    [
        (Act(1, PAYMENT, 1), {PAYMENT}, True),
        (Act(1, PAYMENT, 1), {bytes(16)}, False),
        (Act(1, PAYMENT, 1), set(), False),
        (pay(), {PAYMENT}, False),
        (ChangeAccount(1, "anna", daily_count_max=5), set(), True),
        (ChangeAccount(1, "anna", payment_max=5), set(), False),
    ],
)
def test_it_waits_for_what_the_ledger_cannot_tell_yet(book, command, uncommitted, waits):
    assert Needs(book, [command]).must_wait_for(uncommitted) is waits


# Brought in


class Loaded:
    """Stands for the ledger's loads: answers from tables, and remembers what it was asked."""

    def __init__(self, monkeypatch):
        self.asked = []
        self.accounts = []
        self.payments = []
        self.creditors = []
        self.shown = ShownLegs(np.zeros(0, LEG), {})
        for name in (
            "accounts_by_id",
            "accounts_by_number",
            "system_accounts",
            "opened_as",
            "count_day",
            "payments",
            "creditors",
            "legs",
        ):
            monkeypatch.setattr(load, name, self.answer(name))  # fmt: skip
        monkeypatch.setattr(subject_keys, "newest", self.answer("newest"))

    def answer(self, name):
        async def answered(db, *arguments):
            assert db == "reader"
            self.asked.append((name, *arguments))
            match name:
                case "accounts_by_id":
                    return [a for a in self.accounts if (a.tenant, a.id) in arguments[0]]
                case "accounts_by_number":
                    return [a for a in self.accounts if a.number in arguments[0]]
                case "system_accounts":
                    return [Account(number, 0, "", EUR) for number in arguments[0]]
                case "payments" | "creditors":
                    return getattr(self, name)
                case "legs":
                    return self.shown
                case "newest":
                    return {}

        return answered

    def names(self):
        return [name for name, *_ in self.asked]


@pytest.fixture
def loaded(monkeypatch):
    return Loaded(monkeypatch)


async def brought(book, *commands):
    return await Needs(book, commands).bring_in("reader", 7, 1_000)


async def test_what_is_lacking_is_loaded_once_and_all_of_it(book, loaded):
    loaded.accounts = [Account(ANNA + 2, 1, HERE, EUR), Account(SHOP + 1, 1, "", EUR)]
    loaded.payments = [payment(ANNA, SHOP + 1)]
    far = Creditor(FAR, EUR, False)
    loaded.creditors = [((1, THERE), far)]
    book.windows = {ANNA + 2: b"kept", SHOP + 1: b"kept too", 5: b"another's"}
    legs = await brought(book, pay(debtor=HERE), pay(creditor=THERE), Act(1, PAYMENT, 1))
    assert legs == {}
    assert loaded.names() == [
        "payments", "accounts_by_id", "creditors", "accounts_by_number", "system_accounts",
    ]  # fmt: skip
    assert [number in book.accounts for number in (ANNA + 2, SHOP + 1, out(0))] == [True] * 3
    assert book.by_id[1, HERE].number == ANNA + 2
    assert {book.accounts[n].batch for n in (ANNA + 2, SHOP + 1, out(0))} == {7}
    assert book.payments[PAYMENT].batch == 7
    assert book.creditors == {(1, THERE): far}
    assert book.windows == {5: b"another's"}, "what came back is the account's again"
    loaded.asked.clear()
    await brought(book, pay(debtor=HERE), pay(creditor=THERE), Act(1, PAYMENT, 1))
    assert loaded.asked == []


async def test_legs_are_shown_by_the_index_of_their_command(book, loaded):
    command = PostLegs([2], [5], again=True)
    assert await brought(book, pay(), command) == {1: loaded.shown}
    assert loaded.asked[0] == ("legs", [2], [5], True)


async def test_the_day_is_looked_up_of_who_is_limited_by_it_at_a_time_not_before_now(book, loaded):
    limited, free = Account(ANNA + 2, 1, HERE, EUR), Account(SHOP + 1, 1, "", EUR)
    limited.daily_count_max = 5
    loaded.accounts, loaded.payments = [limited, free], [payment(ANNA, SHOP + 1)]
    book.partitions[1].at = 5_000
    await brought(book, pay(debtor=HERE), Act(1, PAYMENT, 1))
    assert loaded.asked[-1] == ("count_day", [limited], {0: 1_000, 1: 5_000})
    loaded.asked.clear()
    await brought(book, ChangeAccount(1, "shop", daily_count_max=5), ChangeAccount(1, "nobody"))
    (counted,) = [asked for asked in loaded.asked if asked[0] == "count_day"]
    assert counted == ("count_day", [book.by_id[1, "shop"]], {0: 1_000, 1: 5_000})


async def test_who_is_opened_again_is_asked_what_it_was_opened_as(book, loaded):
    book.add(Account(out(0), 0, "", EUR))
    known = book.by_id[1, "shop"]
    await brought(book, OpenAccount(1, "shop", EUR), OpenAccount(1, HERE, EUR))
    assert ("opened_as", [known]) in loaded.asked
    known.opened_as = known.terms()
    loaded.asked.clear()
    await brought(book, OpenAccount(1, "shop", EUR))
    assert "opened_as" not in loaded.names()


async def test_keys_are_looked_up_of_subjects_whose_key_is_not_known(book, loaded):
    book.add(Account(out(0), 0, "", EUR))
    await brought(book, with_text(pay()))
    assert loaded.asked == [], "without a master key there are none"
    book.texts = TextSealer(MasterKey(bytes(32)), 9, 5.0)
    await brought(book, with_text(pay()))
    assert loaded.asked == [("newest", [ANNA])]
    loaded.asked.clear()
    await brought(book, with_text(pay()))
    assert loaded.asked == []
