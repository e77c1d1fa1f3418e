"""Accounts are opened and changed: every refusal and edge by name."""

import pytest
from msgspec import json
from scene import (
    ANNA,
    BEFORE,
    CLOSED,
    EUR,
    FROM_0,
    FROZEN,
    NOON,
    OPEN,
    TRACE,
    USD,
    Written,
    row,
)
from scene_of_accounts import NEW, NONE_SET, SETTINGS, settings_record, told

from headrace.runtime.journal.account_numbers import (
    FIRST_ORDINAL,
    Role,
    RoleKey,
    account_number,
    role_account_number,
)
from headrace.runtime.journal.kinds import RecordKind as K
from headrace.runtime.partitioning import partition_of
from headrace.runtime.payments.account import Account, Terms
from headrace.runtime.payments.answer import Done, Refused
from headrace.runtime.payments.decide_account import open_role_account
from headrace.runtime.refusals import Refusal as R
from headrace.runtime.risk.windows import EMPTY

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
    assert book.partitions[0].last_ordinal == 105_000


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
    assert scene.book.partitions[0].last_ordinal == 105_001


def test_accounts_of_a_batch_get_places_of_their_own(scene):
    ids = [id for id in (f"new-{n}" for n in range(40)) if partition_of(1, id, 4) < 2][:4]
    homes = [partition_of(1, id, 4) for id in ids]
    assert [scene.open(id).partition for id in ids] == homes
    numbers = [scene.book.by_id[1, id].number for id in ids]
    ordinals = {0: 105_000, 1: 106_000}
    for home, number in zip(homes, numbers, strict=True):
        ordinals[home] += 1
        assert number == account_number(home, ordinals[home])
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
    with scene.unchanged(), pytest.raises(LookupError, match=str(FIRST_ORDINAL)):
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
    scene.settle_legs(scene.leg(sent))
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
