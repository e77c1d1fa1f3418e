"""Accounts are opened, changed, closed, deposited to and withdrawn from."""

import pytest
from msgspec import json
from scene import (
    ANNA,
    BEFORE,
    CLOSED,
    EUR,
    EXTERNAL_0,
    EXTERNAL_HAS,
    FROM_0,
    FROZEN,
    NOON,
    OPEN,
    TRACE,
    USD,
    Written,
    far_leg,
    record,
    row,
)

from headrace.runtime.journal.account_numbers import (
    FIRST_PLACE,
    Role,
    RoleKey,
    account_number,
    role_account_number,
)
from headrace.runtime.journal.kinds import RecordKind as K
from headrace.runtime.journal.reasons import DeclineReason as D
from headrace.runtime.journal.states import PaymentState as S
from headrace.runtime.money import BALANCE_MAX
from headrace.runtime.partitioning import partition_of
from headrace.runtime.payments.account import Account, Terms
from headrace.runtime.payments.answer import Done, Refused
from headrace.runtime.payments.decide_account import open_role_account
from headrace.runtime.refusals import Refusal as R
from headrace.runtime.risk.windows import EMPTY

SETTINGS = {"credit_line": 11, "payment_max": 12, "daily_amount_max": 13, "daily_count_max": 14}
NONE_SET = dict.fromkeys(SETTINGS, 0)
NEW = "new-3"
"""Of partition 0, as BLAKE2b has it."""


def told(id, state="open", currency="EUR", **settings):
    """What an account's record says of it."""
    given = {"id": id, "currency": currency, "state": state, **NONE_SET, **settings}
    return json.encode(given)


def settings_record(kind, number=ANNA, **fields):
    return record(kind, **{"amount": 0, "credit": number, **fields})


# Opened


def test_the_new_id_is_of_partition_0():
    assert partition_of(1, NEW, 4) == 0


def test_an_account_of_a_role_has_the_next_place_and_no_id(scene):
    book, key = scene.book, RoleKey(0, Role.SETTLEMENT, 1, "visa", EUR)
    known = dict(book.by_id)
    assert open_role_account(book, scene.batch, key, NOON, TRACE) == Done(0, 101, NOON)
    number = role_account_number(0, 105_001)
    account = book.accounts[number]
    details = {"role": "settlement", "rail": "visa", "currency": "EUR", "state": "open"}
    opened = settings_record(K.ACCOUNT_OPENED, number, details=json.encode({**details, **NONE_SET}))
    in_directory = row(account, role=Role.SETTLEMENT, rail="visa")
    assert scene.written() == Written(
        [opened], FROM_0, opened={number: NOON}, changed=[in_directory], accounts={number}
    )
    assert (account.id, account.tenant, account.windows) == ("", 1, None)
    assert book.by_id == known
    scene.open(NEW)
    assert book.by_id[1, NEW].number == account_number(0, 105_002)
    book.undo(scene.batch)
    assert number not in book.accounts
    assert book.partitions[0].place == 105_000


@pytest.mark.parametrize(("currency", "code"), [(EUR, "EUR"), (USD, "USD")])
def test_an_account_is_opened_with_what_was_asked(scene, currency, code):
    assert scene.open(NEW, currency=currency, **SETTINGS) == Done(0, 101, NOON)
    account = scene.book.by_id[1, NEW]
    opened = settings_record(
        K.ACCOUNT_OPENED, 105_001, currency=currency,
        details=told(NEW, currency=code, **SETTINGS),
    )  # fmt: skip
    assert scene.written() == Written(
        [opened], FROM_0, opened={105_001: NOON}, changed=[row(account)], accounts={105_001}
    )
    expected = Account(105_001, 1, NEW, currency)
    slots = {name: getattr(expected, name) for name in Account.__slots__}
    known = {name: getattr(account, name) for name in slots}
    assert known.pop("windows").state == EMPTY
    del slots["windows"]
    assert known == slots | SETTINGS | {
        "batch": 9, "counts": True, "opened_as": Terms(**SETTINGS),
    }  # fmt: skip
    assert scene.book.accounts[105_001] is account
    assert scene.book.partitions[0].place == 105_001


def test_accounts_of_a_batch_get_places_of_their_own(scene):
    ids = [id for id in (f"new-{n}" for n in range(40)) if partition_of(1, id, 4) < 2][:4]
    homes = [partition_of(1, id, 4) for id in ids]
    assert [scene.open(id).partition for id in ids] == homes
    numbers = [scene.book.by_id[1, id].number for id in ids]
    places = {0: 105_000, 1: 106_000}
    for home, number in zip(homes, numbers, strict=True):
        places[home] += 1
        assert number == account_number(home, places[home])
    assert len(set(numbers)) == len(ids)


def test_a_partitions_time_never_runs_back(scene):
    scene.book.partitions[0].at = NOON + 9
    assert scene.open(NEW) == Done(0, 101, NOON + 9)
    assert scene.records()[0].at == NOON + 9
    scene.anna(0)
    assert scene.change(frozen=True).at == NOON + 9
    assert scene.fund(1).at == NOON + 9


def test_opening_it_again_as_it_is_is_no_error(scene):
    scene.open(NEW, **SETTINGS)
    with scene.unchanged():
        assert scene.open(NEW, **SETTINGS) == Done(0, 101, NOON, replayed=True)


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("by", [-1, 1])
def test_opening_it_again_with_another_setting_is_refused(scene, name, by):
    scene.open(NEW, **SETTINGS)
    with scene.unchanged():
        again = scene.open(NEW, **{**SETTINGS, name: SETTINGS[name] + by})
    assert again == Refused(R.ACCOUNT_EXISTS, "id", "it was opened with other settings")


def test_opening_it_again_in_another_currency_is_refused(scene):
    scene.open(NEW)
    with scene.unchanged():
        assert scene.open(NEW, currency=USD).refusal == R.ACCOUNT_EXISTS


@pytest.mark.parametrize(("state", "fits"), [(OPEN, True), (FROZEN, True), (CLOSED, False)])
def test_a_closed_account_is_not_opened_again(scene, state, fits):
    scene.anna(state=state)
    with scene.unchanged():
        again = scene.open("anna")
    if fits:
        assert again == Done(0, 100, BEFORE, replayed=True)
    else:
        assert again == Refused(R.ACCOUNT_EXISTS, "id", "it is closed")


@pytest.mark.parametrize("how", ["changed", "frozen"])
def test_opening_it_again_compares_with_what_was_asked_first(scene, how):
    scene.open(NEW, **SETTINGS)
    scene.change(NEW, **({"credit_line": 99, "payment_max": 0} if how == "changed" else
                         {"frozen": True}))  # fmt: skip
    with scene.unchanged():
        assert scene.open(NEW, **SETTINGS) == Done(0, 102, NOON, replayed=True)
        assert scene.open(NEW, **SETTINGS | {"credit_line": 99}).refusal == R.ACCOUNT_EXISTS


def test_without_what_was_asked_first_it_is_not_the_same(scene):
    scene.anna(opened_as=None)
    assert scene.open("anna").refusal == R.ACCOUNT_EXISTS


# Changed


@pytest.mark.parametrize("limits", [{"daily_amount_max": 5}, {"daily_count_max": 5}])
def test_a_limit_of_a_day_needs_to_know_what_was_paid_today(scene, limits):
    scene.anna(counts=False)
    with scene.unchanged(), pytest.raises(LookupError, match=str(FIRST_PLACE)):
        scene.change(**limits)
    for free in ({"payment_max": 5}, {"credit_line": 5}, {"daily_amount_max": 0}, {}):
        scene.change(**free)
    scene.anna(counts=True)
    scene.change(**limits)


def test_an_account_is_frozen_and_thawed(scene):
    anna = scene.anna(500, held=20)
    assert scene.change(frozen=True) == Done(0, 101, NOON)
    frozen = settings_record(
        K.ACCOUNT_CHANGED, credit_posted=500, credit_held=20, details=told("anna", "frozen")
    )
    assert scene.written() == Written([frozen], FROM_0, changed=[row(anna)], accounts={ANNA})
    assert anna.state is FROZEN
    scene.change(frozen=False)
    assert anna.state is OPEN
    assert scene.records()[1].details == told("anna", "open")


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("value", [0, 77])
def test_each_setting_is_changed_by_itself(scene, name, value):
    anna = scene.anna(**SETTINGS)
    assert scene.change(**{name: value}) == Done(0, 101, NOON)
    expected = SETTINGS | {name: value}
    assert {n: getattr(anna, n) for n in SETTINGS} == expected
    changed = settings_record(K.ACCOUNT_CHANGED, details=told("anna", **expected))
    assert scene.written() == Written([changed], FROM_0, changed=[row(anna)], accounts={ANNA})
    assert anna.state is OPEN


def test_a_change_of_nothing_leaves_all_as_it_is(scene):
    anna = scene.anna(state=FROZEN, **SETTINGS)
    scene.change()
    assert {n: getattr(anna, n) for n in SETTINGS} == SETTINGS
    assert anna.state is FROZEN
    assert scene.records()[0].details == told("anna", "frozen", **SETTINGS)


@pytest.mark.parametrize("state", [OPEN, FROZEN])
def test_an_empty_account_is_closed(scene, state):
    anna = scene.anna(state=state)
    assert scene.change(close=True) == Done(0, 101, NOON)
    closed = settings_record(K.ACCOUNT_CLOSED, details=told("anna", "closed"))
    assert scene.written() == Written([closed], FROM_0, changed=[row(anna)], accounts={ANNA})
    assert anna.state is CLOSED


def test_closing_wins_over_freezing(scene):
    anna = scene.anna()
    scene.change(close=True, frozen=True)
    assert anna.state is CLOSED


@pytest.mark.parametrize(("posted", "held"), [(1, 0), (-1, 0), (0, 1), (5, 5)])
def test_an_account_with_money_or_debt_or_holds_is_not_closed(scene, posted, held):
    scene.anna(posted, held=held, credit_line=9)
    with scene.unchanged():
        assert scene.change(close=True) == Refused(R.BALANCE_NOT_ZERO, "account")
    assert scene.change(frozen=True) == Done(0, 101, NOON)


def test_an_account_that_may_get_money_back_is_not_closed(scene):
    scene.anna(100)
    scene.bert()
    scene.far()
    sent = scene.pay(100, creditor="far")
    with scene.unchanged():
        assert scene.change(close=True) == Refused(R.BALANCE_NOT_ZERO, "account")
    assert scene.change("bert", close=True) == Done(1, 201, NOON)
    scene.arrive(scene.leg(sent))
    assert scene.change(close=True) == Done(0, 103, NOON)


def test_anothers_open_leg_keeps_no_account(scene):
    scene.anna(0)
    scene.shop(100)
    scene.far()
    scene.pay(100, debtor="shop", creditor="far")
    assert scene.change(close=True).seq == 102


def test_a_closed_account_is_not_changed(scene):
    scene.anna(state=CLOSED)
    with scene.unchanged():
        assert scene.change(frozen=False) == Refused(R.ACCOUNT_CLOSED, "account")
        assert scene.change(close=True) == Refused(R.ACCOUNT_CLOSED, "account")
        assert scene.change(credit_line=1) == Refused(R.ACCOUNT_CLOSED, "account")


def test_an_unknown_account_is_neither_changed_nor_funded(scene):
    scene.far()
    with scene.unchanged():
        for id in ("nobody", "far"):
            assert scene.change(id, frozen=True) == Refused(R.UNKNOWN_ACCOUNT, "account")
            assert scene.fund(1, id) == Refused(R.UNKNOWN_ACCOUNT, "account")


# Deposits and withdrawals


def test_a_deposit_comes_from_the_partitions_external_account(scene):
    scene.anna(500, held=20)
    assert scene.fund(70, reference="ref", details=b"{}") == Done(0, 101, NOON, amount=570)
    deposited = record(
        K.DEPOSITED, amount=70, debit=EXTERNAL_0, debit_posted=EXTERNAL_HAS - 70, credit=ANNA,
        credit_posted=570, credit_held=20, key="key-1", fingerprint=79, reference="ref",
        details=b"{}",
    )  # fmt: skip
    assert scene.written() == Written(
        [deposited], FROM_0, accounts={ANNA, EXTERNAL_0}, keys=[(1, "key-1")]
    )
    assert scene.moved() == {"anna": (70, 0), "external:0": (-70, 0)}


def test_a_withdrawal_goes_back_there(scene):
    scene.anna(500, held=20)
    assert scene.fund(-70) == Done(0, 101, NOON, amount=430)
    withdrawn = record(
        K.WITHDRAWN, amount=70, debit=ANNA, debit_posted=430, debit_held=20, credit=EXTERNAL_0,
        credit_posted=EXTERNAL_HAS + 70, key="key-1", fingerprint=79,
    )  # fmt: skip
    assert scene.written() == Written(
        [withdrawn], FROM_0, accounts={ANNA, EXTERNAL_0}, keys=[(1, "key-1")]
    )
    assert scene.moved() == {"anna": (-70, 0), "external:0": (70, 0)}


def test_money_of_another_partition_comes_from_its_own_external_account(scene):
    scene.bert()
    assert scene.fund(70, "bert") == Done(1, 201, NOON, amount=70)
    assert scene.moved() == {"bert": (70, 0), "external:1": (-70, 0)}


@pytest.mark.parametrize(
    ("posted", "held", "line", "fits"),
    [
        (101, 0, 0, True),
        (100, 0, 0, True),
        (99, 0, 0, False),
        (101, 1, 0, True),
        (101, 2, 0, False),
        (0, 0, 100, True),
        (0, 0, 99, False),
    ],
)
def test_what_is_available_may_be_withdrawn_to_the_last_cent(scene, posted, held, line, fits):
    scene.anna(posted, held=held, credit_line=line)
    if fits:
        assert scene.fund(-100).amount == posted - 100
        return
    with scene.unchanged():
        assert scene.fund(-100) == Refused(R.INSUFFICIENT_FUNDS, "amount")


@pytest.mark.parametrize(
    ("state", "amount", "refused"),
    [
        (OPEN, 1, None),
        (OPEN, -1, None),
        (FROZEN, 1, None),
        (FROZEN, -1, Refused(R.ACCOUNT_FROZEN, "account")),
        (CLOSED, 1, Refused(R.ACCOUNT_CLOSED, "account")),
        (CLOSED, -1, Refused(R.ACCOUNT_CLOSED, "account")),
    ],
)
def test_each_state_of_the_account(scene, state, amount, refused):
    scene.anna(500, state=state)
    if refused is None:
        assert scene.fund(amount).amount == 500 + amount
        return
    with scene.unchanged():
        assert scene.fund(amount) == refused


def test_only_what_is_above_nothing_is_a_deposit(scene):
    """Gateways refuse an amount of nothing; whoever sends one gets no favour by it."""
    scene.anna(500, state=FROZEN)
    with scene.unchanged():
        assert scene.fund(0) == Refused(R.ACCOUNT_FROZEN, "account")
    assert scene.fund(1).amount == 501


@pytest.mark.parametrize("amount", [1, -1])
def test_another_currency_than_the_accounts(scene, amount):
    scene.anna(500)
    with scene.unchanged():
        assert scene.fund(amount, currency=USD) == Refused(R.CURRENCY_MISMATCH, "currency")


def test_limits_and_the_day_are_not_for_withdrawals(scene):
    anna = scene.anna(500, payment_max=1, daily_amount_max=1, daily_count_max=1)
    assert scene.fund(-100).amount == 400
    assert (anna.day_amount, anna.day_count) == (0, 0)


def test_the_same_deposit_again_is_answered_as_at_first(scene):
    scene.anna(500)
    scene.fund(70, key="k")
    scene.fund(10)
    with scene.unchanged():
        assert scene.fund(70, key="k") == Done(0, 101, NOON, amount=570, replayed=True)
        assert scene.fund(70, key="k", fingerprint=0) == Refused(R.KEY_REUSED)


def test_a_refusal_burns_no_key(scene):
    anna = scene.anna(5)
    assert scene.fund(-70, key="k").refusal == R.INSUFFICIENT_FUNDS
    anna.posted = 70
    assert scene.fund(-70, key="k").amount == 0


def test_rules_have_an_order_and_each_shows_when_those_before_are_kept(scene):
    """A withdrawal that breaks all of them, mended one by one."""
    scene.anna(500)
    scene.fund(1, key="used")
    anna = scene.book.by_id.pop((1, "anna"))
    anna.state, anna.posted = CLOSED, 99
    fields = {"key": "used", "fingerprint": 1, "currency": USD}

    def meets(refusal):
        with scene.unchanged():
            assert scene.fund(-100, **fields).refusal == refusal

    meets(R.KEY_REUSED)
    fields["key"] = "fresh"
    meets(R.UNKNOWN_ACCOUNT)
    scene.book.by_id[1, "anna"] = anna
    meets(R.CURRENCY_MISMATCH)
    fields["currency"] = EUR
    meets(R.ACCOUNT_CLOSED)
    anna.state = FROZEN
    meets(R.ACCOUNT_FROZEN)
    anna.state = OPEN
    meets(R.INSUFFICIENT_FUNDS)
    anna.posted = 100
    assert scene.fund(-100, **fields).amount == 0


def test_the_rules_of_a_change_have_an_order(scene):
    anna = scene.anna(500, state=CLOSED)
    assert scene.change(close=True).refusal == R.ACCOUNT_CLOSED
    anna.state = OPEN
    assert scene.change(close=True).refusal == R.BALANCE_NOT_ZERO


# All in one batch


def test_opened_funded_and_paid_from_in_one_batch(scene):
    scene.shop()
    scene.open(NEW, credit_line=10)
    assert scene.fund(90, NEW).amount == 90
    assert scene.pay(100, debtor=NEW).state == S.SETTLED
    assert scene.pay(1, debtor=NEW).reason == D.INSUFFICIENT_FUNDS
    assert [(r.seq, r.kind) for r in scene.records()] == [
        (101, K.ACCOUNT_OPENED), (102, K.DEPOSITED), (103, K.SETTLED), (104, K.DECLINED),
    ]  # fmt: skip
    assert scene.moved() == {"external:0": (-90, 0), NEW: (-10, 0), "shop": (100, 0)}
    assert scene.batch.started_from == FROM_0


def test_a_change_holds_from_the_next_command_on(scene):
    anna = scene.anna(500)
    scene.shop()
    assert scene.pay(100).state == S.SETTLED
    scene.change(frozen=True)
    assert scene.pay(100) == Refused(R.ACCOUNT_FROZEN, "debtor")
    scene.change(frozen=False, payment_max=99)
    assert scene.pay(100).reason == D.PAYMENT_LIMIT
    scene.change(payment_max=0, credit_line=100)
    assert scene.pay(500).state == S.SETTLED
    assert anna.posted == -100
    assert list(scene.batch.changed) == [ANNA]


def test_closed_in_the_batch_that_emptied_it(scene):
    scene.anna(100)
    scene.shop()
    scene.pay(100)
    assert scene.change(close=True).seq == 102
    assert scene.pay(1) == Refused(R.ACCOUNT_CLOSED, "debtor")
    assert scene.pay(1, debtor="shop", creditor="anna") == Refused(R.ACCOUNT_CLOSED, "creditor")
    assert scene.open("anna").refusal == R.ACCOUNT_EXISTS


def test_traces_stand_in_every_record(scene):
    scene.anna(5)
    scene.open(NEW)
    scene.change(frozen=True)
    scene.fund(1)
    assert [r.trace for r in scene.records()] == [TRACE] * 3
    assert far_leg().trace != TRACE


@pytest.mark.parametrize(("short_by", "fits"), [(99, False), (100, True), (101, True)])
def test_a_deposit_keeps_the_balance_within_its_bound(scene, short_by, fits):
    scene.anna(BALANCE_MAX - short_by)
    if fits:
        assert scene.fund(100).amount == BALANCE_MAX - short_by + 100
        return
    with scene.unchanged():
        detail = "the balance would pass its bound"
        assert scene.fund(100) == Refused(R.AMOUNT_TOO_LARGE, "amount", detail)
    assert scene.fund(-100).amount == BALANCE_MAX - 199


def test_what_may_come_back_has_its_room(scene):
    scene.anna(BALANCE_MAX)
    scene.far()
    scene.pay(100, creditor="far")
    assert scene.fund(1).refusal == R.AMOUNT_TOO_LARGE


@pytest.mark.parametrize(
    ("has", "amount", "after"),
    [(-(2**63), 1, 2**63 - 1), (2**63 - 1, -1, -(2**63)), (-(2**63) + 1, 1, -(2**63))],
)
def test_the_external_account_goes_past_64_bits(scene, has, amount, after):
    scene.anna(5)
    scene.book.accounts[EXTERNAL_0].posted = has
    assert scene.fund(amount).amount == 5 + amount
    (moved,) = scene.records()
    assert scene.book.accounts[EXTERNAL_0].posted == after
    assert after in (moved.debit_posted, moved.credit_posted)
