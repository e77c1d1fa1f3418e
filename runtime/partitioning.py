"""Where an account and a payment live.

An account's partition is a stable hash of its tenant and its id; the number of partitions is
fixed when a ledger is made. An account's number and a payment's id carry their partition, so
that both can be routed without a look-up. Test vectors: tests/unit/runtime/test_partitioning.py.
"""

from hashlib import blake2b


def partition_of(tenant: int, account_id: str, partitions: int) -> int:
    """BLAKE2b-64 of the tenant (4 bytes, big-endian) and the UTF-8 id, modulo `partitions`."""
    digest = blake2b(tenant.to_bytes(4, "big") + account_id.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % partitions


def partition_of_payment(payment: bytes) -> int:
    """A payment's home: the last 16 bits of its UUID (16 bytes)."""
    return payment[14] << 8 | payment[15]


def actor_of(partition: int, actors: int) -> int:
    """The number of the actor that a partition belongs to."""
    return partition % actors


def partitions_of(actor: int, partitions: int, actors: int) -> list[int]:
    """Those that belong to the actor with a number."""
    return [p for p in range(partitions) if actor_of(p, actors) == actor]
