"""The tables that verify's checks read have a row for everything that they are about."""

import pytest

from headrace.runtime.ledger.verify import CHECKS, LONGEST_FIRST
from headrace.runtime.ledger.verify.by_sql import ARGUMENTS, BY_SQL
from headrace.runtime.ledger.verify.shapes import SHAPES, Key, fields, parties
from headrace.runtime.payments.refusals import DeclineReason
from headrace.runtime.payments.states import FIRST_KINDS, RecordKind


def test_every_kind_of_record_has_one_shape():
    assert [shape.kind for shape in SHAPES] == sorted(RecordKind)


def test_every_reason_belongs_to_some_kind():
    assert {reason for shape in SHAPES for reason in shape.reasons} == set(DeclineReason)


def test_every_payment_begins_with_a_key():
    assert {s.kind for s in SHAPES if s.scored} == FIRST_KINDS
    assert all(s.key is Key.ALWAYS for s in SHAPES if s.scored)


@pytest.mark.parametrize("columns", [parties(), fields()])
def test_the_tables_are_columns_of_one_length(columns):
    assert {len(column) for column in columns} == {len(RecordKind)}


def test_arguments_and_the_order_of_work_name_checks_that_there_are():
    assert ARGUMENTS.keys() <= BY_SQL.keys() <= CHECKS.keys()
    assert set(LONGEST_FIRST) <= CHECKS.keys()
