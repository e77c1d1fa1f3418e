"""Where an account and a payment live.

An account's partition is a stable hash of its tenant and its id; the number of partitions is
fixed when a ledger is made. An account's number and a payment's id carry their partition, so
that both can be routed without a look-up. Test vectors: tests/unit/runtime/test_partitioning.py.
"""

from hashlib import blake2b

PARTITIONS_MAX = 4096
ACCOUNT_BITS = 40
"""An account number is partition << 40 | place; a partition holds up to 2**40 accounts."""

FIRST_CUSTOMER_PLACE = 4096
"""Places below are the partition's system accounts: 4 * currency number + SystemAccount."""

EXTERNAL, TRANSIT_OUT, TRANSIT_IN = 1, 2, 3


def partition_of(tenant: int, account_id: str, partitions: int) -> int:
    """BLAKE2b-64 of the tenant (4 bytes, big-endian) and the UTF-8 id, modulo `partitions`."""
    digest = blake2b(tenant.to_bytes(4, "big") + account_id.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % partitions


def partition_of_account(number: int) -> int:
    """The partition that owns the account with this number."""
    return number >> ACCOUNT_BITS


def partition_of_payment(payment: bytes) -> int:
    """A payment's home: the last 16 bits of its UUID (16 bytes)."""
    return payment[14] << 8 | payment[15]


def system_account(partition: int, currency: int, kind: int) -> int:
    """The number of a partition's external or transit account in a currency (numeric code)."""
    return partition << ACCOUNT_BITS | (currency * 4 + kind)


def is_system_account(number: int) -> bool:
    """Whether the account is a partition's own (external or transit) and not a tenant's."""
    return (number & ((1 << ACCOUNT_BITS) - 1)) < FIRST_CUSTOMER_PLACE


def partitions_of(actor: int, partitions: int, actors: int) -> list[int]:
    """Those that belong to the actor with a number."""
    return list(range(actor, partitions, actors))
