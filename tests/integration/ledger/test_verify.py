"""A sound ledger passes; each way of damaging it turns the checks for it red."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from support.verdict import verdict_of

from headrace.runtime.database.connect import connect
from headrace.runtime.journal.in_sql import expand
from headrace.runtime.journal.kinds import RecordKind
from headrace.runtime.ledger.verify import CHECKS, LONGEST_FIRST, Verdict, fingerprints
from headrace.runtime.money import AMOUNT_MAX
from headrace.runtime.payments import fingerprint

_spec = spec_from_file_location("damages", Path(__file__).with_name("damages.py"))
assert _spec is not None
assert _spec.loader is not None
damages = module_from_spec(_spec)
_spec.loader.exec_module(damages)
DAMAGES, ONLY_BY_A_DIGEST_CHAIN = damages.DAMAGES, damages.ONLY_BY_A_DIGEST_CHAIN
EVERY = set(CHECKS)
KINDS_MIN = 60
NOTICED: dict[str, set[str]] = {}
"""Damage -> the checks that it turned red, of those that this run has tried."""
ALWAYS_OPEN = {"legs_end_in_time", "holds_end_in_time"}
"""What the scene leaves open has been so since 2025."""


@pytest.fixture(autouse=True)
def only_a_few_seconds_are_tried(monkeypatch):
    """Lengths of holds up to a day instead of 90; one test below tries all of them."""
    monkeypatch.setattr(fingerprints, "EXPIRES_IN_S_MAX", 86_400)


def results(verdict: Verdict, result: str) -> set[str]:
    return {check.name for check in verdict.checks if check.result == result}


async def failed(settings) -> set[str]:
    verdict = await verdict_of(settings)
    red = results(verdict, "fail")
    assert verdict.result == ("fail" if red else "pass")
    assert all(check.detail for check in verdict.checks if check.name in red)
    return red


async def damage(settings, scene, sql: str) -> None:
    """Runs it, with the scene's names put in."""
    names: dict[str, object] = {name: payment.hex() for name, payment in scene.payments.items()}
    for name in ("anna", "shop", "kiosk", "credit", "limited", "yen", "closed"):
        names[name] = account = getattr(scene, name)
        names[f"{name}_number"] = scene.numbers[account]
    names["forged_deposit"] = fingerprint.fund(scene.yen, 6, 392, None, None)
    connection = await connect(settings.ledger)
    try:
        await connection.execute(expand(sql.format(**names)))
    finally:
        await connection.close()


async def test_a_sound_ledger_passes_every_check_with_its_figures(settings, scene, books):
    begun, heard = [], []
    verdict = await verdict_of(settings, heard.append, begun.append)
    assert [c.detail for c in verdict.checks if c.result == "fail"] == []
    assert results(verdict, "warning") == ALWAYS_OPEN
    assert verdict.result == "pass"
    assert set(begun) == EVERY
    assert sorted(heard, key=list(verdict.checks).index) == verdict.checks
    figures = {c.name: c.figure for c in verdict.checks}
    assert list(figures) == list(CHECKS)
    assert figures["sums_to_zero"] == "EUR 0, JPY 0"
    assert figures["records_are_double_entry"] == f"{len(books.records)} records"
    assert figures["transit_is_what_is_under_way"] == "EUR 900 under way"
    assert figures["amounts_add_up"] == f"{len(scene.payments)} payments"
    assert figures["holds_are_the_journals"] == "2 open holds"
    assert figures["accounts_are_at_home"] == "7 accounts"
    keyed = sum(record.key is not None for record in books.records)
    assert figures["fingerprints_are_the_requests"] == f"{keyed} fingerprints, 0 unchecked"


def test_the_scene_has_a_record_of_each_kind_of_result(scene, books):
    assert {record.kind for record in books.records} == set(RecordKind)


def test_what_is_started_first_is_a_check():
    assert set(LONGEST_FIRST) < EVERY


async def test_an_empty_ledger_passes_without_a_warning(settings):
    verdict = await verdict_of(settings)
    assert {check.result for check in verdict.checks} == {"pass"}


async def test_a_verdict_is_json(settings, scene):
    told = msgspec.to_builtins(await verdict_of(settings))
    assert told["result"] == "pass"
    assert set(told["checks"][0]) == {"name", "result", "figure", "detail", "seconds"}


@pytest.mark.parametrize("kind", DAMAGES)
async def test_damage_turns_its_own_checks_red(settings, scene, kind):
    sql, red = DAMAGES[kind]
    await damage(settings, scene, sql)
    NOTICED[kind] = await failed(settings)
    assert NOTICED[kind] == red


@pytest.mark.parametrize("kind", ONLY_BY_A_DIGEST_CHAIN)
async def test_only_a_digest_chain_can_see_a_history_that_agrees_with_itself(settings, scene, kind):
    """What passes here is what verify's README says passes; whoever makes it seen moves it up."""
    await damage(settings, scene, ONLY_BY_A_DIGEST_CHAIN[kind])
    assert await failed(settings) == set()


def test_no_kind_of_damage_goes_unnoticed():
    unnoticed = [kind for kind, red in NOTICED.items() if not red]
    print(
        f"damages: kinds {len(DAMAGES)}, noticed {len(NOTICED) - len(unnoticed)},"
        f" unnoticed {len(unnoticed)}; only by a digest chain {len(ONLY_BY_A_DIGEST_CHAIN)}"
    )
    assert len(DAMAGES) >= KINDS_MIN
    assert unnoticed == []


def test_every_check_that_can_fail_is_the_own_one_of_some_damage():
    only_warn = ALWAYS_OPEN
    assert {check for _, red in DAMAGES.values() for check in red} == EVERY - only_warn
    alone = {next(iter(red)) for _, red in DAMAGES.values() if len(red) == 1}
    assert EVERY - only_warn - alone <= {"sums_to_zero", "keys_are_used_once",
                                         "transit_is_what_is_under_way"}  # fmt: skip


WARNINGS = {
    "a leg is parked": (
        "INSERT INTO parked_legs (partition, seq, payment, leg, failures, error)"
        " SELECT partition, seq, payment, leg, 9, 'division by zero' FROM journal"
        f" WHERE {damages.of('debited', 'debited')}",
        "parked_legs_are_open", "division by zero",
    ),
    "records are of a time to come": (
        "UPDATE journal SET at = now() + interval '1 hour', occurred_at = now() + interval '1 hour'"
        ""
        " WHERE kind = :kind(deposited) AND currency = 392;"
        " UPDATE leases SET last_at = now() + interval '1 hour'"
        " WHERE partition = 0",
        "times_fit", "is of a time to come",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", WARNINGS)
async def test_what_wants_a_look_is_a_warning_and_the_books_are_right(settings, scene, kind):
    sql, check, says = WARNINGS[kind]
    await damage(settings, scene, sql)
    verdict = await verdict_of(settings)
    assert verdict.result == "pass"
    assert results(verdict, "warning") == {*ALWAYS_OPEN, check}
    (told,) = [c.detail for c in verdict.checks if c.name == check]
    assert says in told


async def test_a_fingerprint_is_wrong_when_no_length_of_a_hold_explains_it(
    settings, scene, monkeypatch
):
    monkeypatch.setattr(fingerprints, "EXPIRES_IN_S_MAX", 90 * 86_400)
    await damage(
        settings,
        scene,
        f"UPDATE journal SET amount = 101 WHERE {damages.of('declined', 'declined')}",
    )
    assert await failed(settings) == {"fingerprints_are_the_requests"}


async def test_fingerprints_that_not_every_length_was_tried_for_are_unchecked(
    settings, books, monkeypatch
):
    """An hour is found at once, and an odd number of seconds when all are tried; where no more may
    be tried, what isn't known stays unchecked."""
    monkeypatch.setattr(fingerprints, "ALL_TRIED_MAX", 1)
    anna, shop = books.name(0), books.name(2)
    books.deposit(anna, 1_000)
    for expires_in_s in (3_600, 3_601, 3_600, 3_601, 61):
        books.pay(anna, shop, 10, expires_in_s=expires_in_s)
    await books.write()
    (check,) = [
        c
        for c in (await verdict_of(settings)).checks
        if c.name == "fingerprints_are_the_requests"
    ]  # fmt: skip
    assert (check.result, check.figure) == ("pass", "6 fingerprints, 1 unchecked")


@pytest_asyncio.fixture
async def beyond_64_bits(books):
    """The partition's external account has paid out more than 2^63."""
    for _ in range(1_025):
        account = books.name(0)
        for _ in range(9):
            books.deposit(account, AMOUNT_MAX)
    await books.write()
    assert 1_025 * 9 * AMOUNT_MAX > 2**63


async def test_shared_balances_beyond_64_bits_are_right(settings, beyond_64_bits):
    assert await failed(settings) == set()


async def test_damage_beyond_64_bits_is_seen(settings, beyond_64_bits):
    connection = await connect(settings.ledger)
    try:
        await connection.execute(
            "UPDATE journal SET debit_posted = debit_posted + 1 WHERE seq ="
            " (SELECT max(seq) FROM journal)"
        )
    finally:
        await connection.close()
    assert await failed(settings) == {"sums_to_zero", "balances_follow"}
