"""Account numbers: what can be read from one without asking the ledger.

A number is `partition << ORDINAL_BITS | ordinal`. Ordinals, by range:

| ordinal | whose |
|---|---|
| 0 | nobody's: number 0 is no account |
| below FIRST_ORDINAL | the platform's own: `currency * KINDS_A_CURRENCY + SystemAccount` |
| from there on | tenants', numbered as they are opened |
| with ROLE_MARK on top | accounts of a role, numbered with the tenants' and as they are opened |

What SQL has to know of this are functions made from these names (sql/functions.sql).
"""

from enum import IntEnum
from typing import NamedTuple

ORDINAL_BITS = 40
"""A partition holds up to 2**40 accounts."""
PARTITIONS_MAX = 4096
KINDS_A_CURRENCY = 64
"""Room for the platform's own accounts in each currency; none is of kind 0."""
CURRENCIES_MAX = 1024
"""ISO 4217 numeric codes have three digits."""
FIRST_ORDINAL = CURRENCIES_MAX * KINDS_A_CURRENCY
"""Of accounts that are opened."""
ROLE_MARK = 1 << (ORDINAL_BITS - 1)
_ORDINALS = (1 << ORDINAL_BITS) - 1


class SystemAccount(IntEnum):
    """The platform's own accounts, one of each kind a currency and partition, which are there from
    the beginning. Stable numbers, below KINDS_A_CURRENCY: they stand in account numbers."""

    EXTERNAL = 1
    """What is outside of the platform: deposits come from it, withdrawals go to it."""
    TRANSIT_OUT = 2
    """Money on its way to another partition."""
    TRANSIT_IN = 3
    """Money that came from another partition's transit_out."""


EXTERNAL, TRANSIT_OUT, TRANSIT_IN = (
    SystemAccount.EXTERNAL, SystemAccount.TRANSIT_OUT, SystemAccount.TRANSIT_IN,
)  # fmt: skip


class Role(IntEnum):
    """What an account of a role is for; there is one a role, tenant, rail, currency and partition.
    Stable numbers: they stand in the directory of accounts."""

    SETTLEMENT = 1
    """What a rail owes the tenant, or the tenant the rail."""


class RoleKey(NamedTuple):
    """What there is one account of."""

    partition: int
    role: int
    tenant: int
    rail: str
    currency: int


NO_ROLE = 0
"""Of tenants' accounts."""


class Party(IntEnum):
    """What kind of account a number names: a SystemAccount, or one of these."""

    NOBODY = 0
    TENANT = KINDS_A_CURRENCY
    """Opened by a tenant under an id of its own."""
    ROLE = KINDS_A_CURRENCY + 1


def account_number(partition: int, ordinal: int) -> int:
    """The number of the account at a ordinal of a partition."""
    return partition << ORDINAL_BITS | ordinal


def role_account_number(partition: int, ordinal: int) -> int:
    """The same for an account of a role; `ordinal` without the mark."""
    return partition << ORDINAL_BITS | ROLE_MARK | ordinal


def system_account(partition: int, currency: int, kind: int) -> int:
    """The number of one of a partition's own accounts in a currency (ISO 4217 numeric)."""
    return partition << ORDINAL_BITS | (currency * KINDS_A_CURRENCY + kind)


def partition_of_account(number: int) -> int:
    """The partition that owns the account with this number."""
    return number >> ORDINAL_BITS


def is_system_account(number: int) -> bool:
    """Whether it is the platform's own, or none, and not one that was opened."""
    return number & _ORDINALS < FIRST_ORDINAL


def is_role_account(number: int) -> bool:
    """Whether it is an account of a role."""
    return bool(number & ROLE_MARK)


def currency_of_system_account(number: int) -> int:
    """The currency (ISO 4217 numeric) of one of the platform's own."""
    return (number & _ORDINALS) // KINDS_A_CURRENCY


def party_of(number: int) -> Party | SystemAccount:
    """What kind of account it is."""
    if not number:
        return Party.NOBODY
    if is_system_account(number):
        return SystemAccount(number % KINDS_A_CURRENCY)
    return Party.ROLE if is_role_account(number) else Party.TENANT


def system_account_name(number: int, currency: str) -> str:
    """Of one of the platform's own, as SQL names it too; `currency` by its code."""
    kind = SystemAccount(number % KINDS_A_CURRENCY).name.lower()
    return f"{kind}:{currency}:{partition_of_account(number)}"


NUMBERS = {
    "ordinal_bits": ORDINAL_BITS, "ordinals": _ORDINALS, "unmarked_ordinals": ROLE_MARK - 1,
    "first_ordinal": FIRST_ORDINAL, "kinds_a_currency": KINDS_A_CURRENCY, "role_mark": ROLE_MARK,
    "party_nobody": int(Party.NOBODY), "party_tenant": int(Party.TENANT),
    "party_role": int(Party.ROLE),
}  # fmt: skip
"""What SQL is told as `:number(...)`."""
