"""Numbers that ledgers and actors of other versions keep: written out, so that none is given to
something else unseen. What is new stands beside them; of refusals and reasons: test_command.py."""

from enum import IntEnum

import pytest

from headrace.runtime.journal.account_numbers import (
    NO_ROLE,
    NUMBERS,
    PARTITIONS_MAX,
    Party,
    Role,
    SystemAccount,
)
from headrace.runtime.journal.kinds import Family, Key, RecordKind
from headrace.runtime.journal.record import LEG_MAX, NO_LEG, ROW, Record, rows
from headrace.runtime.journal.states import AccountState, PaymentState
from headrace.runtime.payments.command import PaymentAction

STANDING: dict[type[IntEnum], str] = {
    RecordKind: """
        1 account_opened, 2 account_changed, 3 account_closed, 4 deposited, 5 withdrawn,
        100 settled, 101 debited, 102 completed, 103 declined, 104 held, 105 held_for_review,
        106 captured, 107 released, 108 accepted, 109 returned, 110 refund_requested, 111 refunded,
        112 refund_declined, 1000 credited, 1001 refund_debited, 1002 leg_refused
    """,
    PaymentState: """
        1 in_review, 2 authorized, 3 partially_captured, 4 captured, 5 settled,
        6 partially_refunded, 7 refunded, 8 declined, 9 cancelled, 10 expired, 11 returned
    """,
    AccountState: "1 open, 2 frozen, 3 closed",
    SystemAccount: "1 external, 2 transit_out, 3 transit_in",
    Role: "1 settlement",
    Party: "0 nobody, 64 tenant, 65 role",
    Key: "0 never, 1 may, 2 always",
    PaymentAction: "1 capture, 2 refund, 3 cancel, 4 accept, 5 reject, 6 expire",
}


@pytest.mark.parametrize("numbers", STANDING, ids=lambda numbers: numbers.__name__)
def test_what_is_kept_by_number_keeps_its_number(numbers: type[IntEnum]) -> None:
    told = {f"{int(member)} {member.name.lower()}" for member in numbers}
    assert told >= set(" ".join(STANDING[numbers].split()).split(", "))


def test_families_have_the_ranges_that_indexes_were_made_with() -> None:
    assert {family.name: family.value for family in Family} == {
        "ACCOUNT": (1, 99),
        "PAYMENT": (100, 999),
        "COUNTERPART": (1000, 1999),
    }


def test_account_numbers_are_put_together_as_they_always_were() -> None:
    assert NUMBERS == {
        "ordinal_bits": 40,
        "ordinals": 2**40 - 1,
        "unmarked_ordinals": 2**39 - 1,
        "first_ordinal": 65_536,
        "kinds_a_currency": 64,
        "role_mark": 2**39,
        "party_nobody": 0,
        "party_tenant": 64,
        "party_role": 65,
    }
    assert (PARTITIONS_MAX, NO_ROLE) == (4_096, 0)


BLANK = {
    "payment": bytes(16), "trace": bytes(16), "risk_score": -1,
    "key": None, "reference": None, "details": None, "expires_at": None,
}  # fmt: skip


def test_a_column_that_nobody_filled_in_says_nothing() -> None:
    blank = Record()
    assert {name: getattr(blank, name) for name in Record.__struct_fields__} == {
        name: BLANK.get(name, 0) for name in Record.__struct_fields__
    }
    assert (NO_LEG, LEG_MAX) == (-1, 32_767)


def test_rows_laid_out_as_columns_begin_as_records_do() -> None:
    two = rows(2)
    assert two.shape == (2,)
    blank = Record()
    for name in ROW.names or ():
        first = getattr(blank, name)
        expected = first.rstrip(b"\0") if isinstance(first, bytes) else first
        assert two[name].tolist() == [expected] * 2, name
