"""Published test vectors: an account's partition never changes while its ledger lives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.runtime.ids import payment_id, text
from headrace.runtime.partitioning import (
    actor_of,
    partition_of,
    partition_of_payment,
    partitions_of,
)


@pytest.mark.parametrize(
    ("tenant", "account", "partitions", "partition"),
    [
        (1, "alice", 16, 11),
        (1, "bob", 16, 14),
        (2, "alice", 16, 14),
        (1, "customer-596", 64, 38),
        (7, "terminal-3156", 4096, 908),
        (1, "Ångström", 16, 13),
    ],
)
def test_vectors(tenant: int, account: str, partitions: int, partition: int) -> None:
    assert partition_of(tenant, account, partitions) == partition


@given(st.integers(0, 4095), st.integers(0, 2**47 * 1000))
def test_a_payment_id_is_a_uuid7_that_names_its_home(partition: int, time_us: int) -> None:
    id = payment_id(time_us, partition)
    assert partition_of_payment(id) == partition
    assert text(id)[14] == "7"
    assert text(id)[19] in "89ab"
    assert int.from_bytes(id[:6]) == time_us // 1000


@pytest.mark.parametrize(("partitions", "actors"), [(1, 1), (16, 2), (16, 3), (64, 64), (4096, 7)])
def test_each_partition_belongs_to_one_actor_and_each_actor_has_one(
    partitions: int, actors: int
) -> None:
    owned = [partitions_of(actor, partitions, actors) for actor in range(actors)]
    assert all(owned)
    assert sorted(p for own in owned for p in own) == list(range(partitions))
    for actor, own in enumerate(owned):
        assert {actor_of(partition, actors) for partition in own} == {actor}
