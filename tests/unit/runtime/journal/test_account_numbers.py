"""Account numbers: what was put in is read back, and no range runs into another."""

import re
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.runtime.journal.account_numbers import (
    FIRST_ORDINAL,
    KINDS_A_CURRENCY,
    ORDINAL_BITS,
    PARTITIONS_MAX,
    ROLE_MARK,
    Party,
    SystemAccount,
    account_number,
    currency_of_system_account,
    is_role_account,
    is_system_account,
    partition_of_account,
    party_of,
    role_account_number,
    system_account,
    system_account_name,
)

PARTITIONS = st.integers(0, PARTITIONS_MAX - 1)
PLACES = st.integers(FIRST_ORDINAL, ROLE_MARK - 1)
RUNTIME = Path(__file__).parents[4] / "runtime"
LITERALS = re.compile(
    r"\b409[56]\b|\b6553[56]\b|>> ?40|<< ?40|& ?3\b|generate_series\(1, 3\)"
    r"|currency\)? \* \d|1099511627775"
)


@given(PARTITIONS, st.integers(1, 999), st.sampled_from(SystemAccount))
def test_the_platforms_own_say_what_they_are(partition, currency, kind):
    number = system_account(partition, currency, kind)
    assert partition_of_account(number) == partition
    assert is_system_account(number)
    assert not is_role_account(number)
    assert (currency_of_system_account(number), party_of(number)) == (currency, kind)


@given(PARTITIONS, PLACES)
def test_opened_accounts_are_their_partitions(partition, ordinal):
    number, role = account_number(partition, ordinal), role_account_number(partition, ordinal)
    assert number != role
    for made, party in ((number, Party.TENANT), (role, Party.ROLE)):
        assert partition_of_account(made) == partition
        assert not is_system_account(made)
        assert party_of(made) is party
        assert 0 < made < 2**63
    assert is_role_account(role)
    assert not is_role_account(number)


def test_there_is_room_for_64_kinds_in_every_currency_and_none_meets_another():
    assert max(SystemAccount) < KINDS_A_CURRENCY == 64
    numbers = [system_account(0, c, k) for c, k in product(range(1000), range(KINDS_A_CURRENCY))]
    assert len(set(numbers)) == len(numbers)
    assert max(numbers) < FIRST_ORDINAL < ROLE_MARK < 2**ORDINAL_BITS


def test_no_account_is_nobodys():
    assert party_of(0) is Party.NOBODY
    assert is_system_account(0)


@pytest.mark.parametrize("kind", SystemAccount)
def test_the_platforms_own_have_names(kind):
    number = system_account(5, 978, kind)
    assert system_account_name(number, "EUR") == f"{kind.name.lower()}:EUR:5"


def test_no_part_of_a_number_stands_anywhere_else():
    found = [
        f"{path.relative_to(RUNTIME)}: {line.strip()}"
        for path in sorted(RUNTIME.rglob("*"))
        if path.suffix in (".py", ".sql") and path.name != "account_numbers.py"
        for line in path.read_text("utf-8").splitlines()
        if LITERALS.search(line)
    ]
    assert found == []
