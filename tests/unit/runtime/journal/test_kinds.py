"""The table of kinds: what one row says agrees with itself, and nobody says it again elsewhere."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from headrace.runtime.journal.kinds import KINDS, Family, RecordKind, Step, Way, Who, kind_rows
from headrace.runtime.payments.states import TRANSITIONS

ROOT = Path(__file__).parents[4]
SQL = [
    path
    for folder in ("actors", "cluster", "loadtests", "runtime", "serve")
    for path in sorted((ROOT / folder).rglob("*.sql"))
    if "migrations" not in path.parts and "baseline" not in path.parts
]
COMPARED = re.compile(r"\b(kind|state)\b\)? *(<>|[<>=]=?|NOT IN|IN|BETWEEN|WHEN) *\(?\d", re.I)
NO_STATE = re.compile(r"\bstate (=|<>) 0\b")


@pytest.mark.parametrize("kind", RecordKind)
def test_a_kind_has_a_number_of_its_family(kind):
    first, last = kind.facts.family.value
    assert first <= kind <= last < 2**15
    assert kind.facts.words


def test_families_have_room_and_do_not_meet():
    ranges = sorted(family.value for family in Family)
    assert all(a[1] < b[0] for a, b in pairwise(ranges))
    for family in Family:
        used = [kind for kind in RecordKind if kind.facts.family is family]
        assert family.value[1] - family.value[0] - len(used) > 50


@pytest.mark.parametrize("kind", RecordKind)
def test_a_row_agrees_with_itself(kind):
    facts = kind.facts
    assert (facts.debit.posted, facts.credit.posted) in ((0, 0), (-1, 1))
    assert facts.credit.held == 0
    assert (facts.told is None) == (facts.step is Step.REFUSES)
    family = "account." if facts.family is Family.ACCOUNT else "payment."
    assert all(t.type.startswith(family) for t in (facts.told, facts.told_of_movement) if t)
    assert facts.told_of_movement is None or (facts.told and facts.legs[1] > 0)
    assert facts.step is None or facts.ways
    carried = facts.step in (Step.POSTS, Step.REFUSES)
    assert carried == (facts.family is Family.COUNTERPART)
    assert not facts.settings or facts.family is Family.ACCOUNT
    assert facts.captured != 1 or facts.debit.posted == -1


def test_a_payment_begins_with_what_the_table_of_moves_begins_with():
    assert {t.kind for t in TRANSITIONS if t.source is None} == KINDS["first"]
    assert {t.kind for t in TRANSITIONS} == KINDS["payment"]


@pytest.mark.parametrize("way", Way)
def test_every_leg_can_be_opened_carried_refused_and_ended(way):
    for step in Step:
        assert [k for k in RecordKind if k.facts.step is step and way in k.facts.ways], step


def test_money_that_leaves_for_transit_is_a_leg():
    for kind in KINDS["into_transit"]:
        assert kind.facts.step in (Step.OPENS, Step.POSTS)
    assert {k for k in RecordKind if Who.TRANSIT_IN in k.facts.debit.who} <= KINDS["of_a_leg"]


def test_names_of_sets_are_not_empty_and_rows_are_all_kinds():
    assert [name for name, kinds in KINDS.items() if not kinds] == []
    assert list(kind_rows()) == [int(kind) for kind in RecordKind]


@pytest.mark.parametrize("path", SQL, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_kind_or_state_stands_by_number_in_sql(path):
    found = [
        line.strip()
        for line in path.read_text("utf-8").splitlines()
        if COMPARED.search(NO_STATE.sub("", line))
    ]
    assert found == []


def test_nor_in_the_sql_of_python_files():
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in ("actors", "cluster", "loadtests", "runtime", "serve")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "baseline" not in path.parts
        for line in path.read_text("utf-8").splitlines()
        if re.search(r"\bkind\b *(<>|[<>=]=?|NOT IN|IN|in|not in) *\(?\d", line)
    ]
    assert found == []


def test_the_index_of_legs_is_that_of_the_counterparts_family():
    migration = (ROOT / "runtime/ledger/migrations/0001_journal.sql").read_text("utf-8")
    (bounds,) = re.findall(
        r"ON journal \(payment, leg\) WHERE kind BETWEEN (\d+) AND (\d+)", migration
    )
    assert tuple(map(int, bounds)) == Family.COUNTERPART.value
