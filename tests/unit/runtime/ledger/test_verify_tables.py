"""The tables that verify's checks read have a row for everything that they are about."""

from headrace.runtime.journal.kinds import FIRST_KINDS, Key, RecordKind
from headrace.runtime.journal.reasons import DeclineReason
from headrace.runtime.ledger.verify.by_sql import ARGUMENTS, BY_SQL
from headrace.runtime.ledger.verify.shapes import fields, parties, reasons
from headrace.runtime.verify import CHECKS, LONGEST_FIRST


def test_every_reason_belongs_to_some_kind():
    assert set(reasons()[1]) == set(DeclineReason)


def test_every_payment_begins_with_a_key():
    assert all(kind.facts.key is Key.ALWAYS for kind in FIRST_KINDS)


def test_columns_are_of_one_length_and_name_every_kind():
    assert {len(column) for column in fields()} == {len(parties()[1])} == {len(RecordKind)}
    for table in (parties()[:2], parties()[2:4], parties()[4:], reasons()):
        assert len({len(column) for column in table}) == 1
        assert set(table[0]) == set(RecordKind)


def test_arguments_and_the_order_of_work_name_checks_that_there_are():
    assert ARGUMENTS.keys() <= BY_SQL.keys() <= CHECKS.keys()
    assert set(LONGEST_FIRST) <= CHECKS.keys()
