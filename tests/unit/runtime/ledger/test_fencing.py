"""Who may take leases over, and commits that name an epoch that is over: what is made of rows."""

from typing import Any

import asyncpg
import pytest

from headrace.runtime.clock import from_us
from headrace.runtime.ledger import fencing
from headrace.runtime.ledger.fencing import SQL, Fenced, Lease
from headrace.runtime.payments.book import Partition
from headrace.runtime.payments.open_leg import OpenLeg

AT = 1_700_000_000_000_000


def lease(partition: int, epoch: int = 4) -> dict[str, Any]:
    return {
        "partition": partition, "epoch": epoch, "last_seq": 50 + partition,
        "last_at": from_us(AT), "last_ordinal": 5_000, "transit_from": 40 + partition,
    }  # fmt: skip


def standing(partition: int, free: bool = True, pid: int | None = None) -> dict[str, Any]:
    return {"partition": partition, "free": free, "backend_pid": pid}


class Ledger:
    """Claims succeed as `claimed` says, in turn; an exception is raised."""

    def __init__(self, told, *claimed: Any, standing: Any = (), closed: bool = False) -> None:
        self.claimed = list(claimed)
        self.db = told(SQL, claim=self.claim, standing=standing)
        self.db.is_closed = lambda: closed

    def claim(self, *arguments: Any) -> Any:
        assert arguments == ([0, 2], "me", "cluster", True)
        claimed = self.claimed.pop(0)
        if isinstance(claimed, Exception):
            raise claimed
        return claimed

    async def take_over(self) -> dict[int, tuple[Partition, int]]:
        return await fencing.take_over(self.db, (0, 2), "me", "cluster", lock_timeout_s=1.0)


async def test_who_takes_over_knows_where_each_partition_stands(told) -> None:
    ledger = Ledger(told, [lease(0), lease(2)])
    assert await ledger.take_over() == {
        0: (Partition(0, 4, 50, AT, 5_000), 40), 2: (Partition(2, 4, 52, AT, 5_000), 42),
    }  # fmt: skip
    assert ledger.db.names() == ["SET lock_timeout = 1000", "claim", "SET lock_timeout = 0"]


async def test_a_predecessor_in_the_middle_of_a_commit_is_ended(told) -> None:
    rows = [standing(0, pid=7), standing(2, pid=None)]
    ledger = Ledger(
        told, asyncpg.LockNotAvailableError("x"), [lease(0), lease(2)], standing=rows
    )  # fmt: skip
    assert set(await ledger.take_over()) == {0, 2}
    ended = [arguments for name, arguments in ledger.db.asked if "terminate" in name]
    assert ended == [(7,)]


async def test_a_predecessor_that_nobody_may_end_is_left_alone(told) -> None:
    rows = [standing(0, pid=7), standing(2, free=False, pid=8)]
    ledger = Ledger(told, asyncpg.LockNotAvailableError("x"), standing=rows)
    with pytest.raises(Fenced) as error:
        await ledger.take_over()
    assert error.value.args == ([2],)
    assert not any("terminate" in name for name in ledger.db.names())
    assert ledger.db.names()[-1] == "SET lock_timeout = 0"


async def test_a_connection_that_was_lost_is_not_set_back(told) -> None:
    ledger = Ledger(told, OSError("away"), closed=True)
    with pytest.raises(OSError, match="away"):
        await ledger.take_over()
    assert ledger.db.names() == ["SET lock_timeout = 1000", "claim"]


async def test_leases_that_others_hold_are_not_claimed(told) -> None:
    rows = [standing(2, free=False), standing(0)]
    with pytest.raises(Fenced) as error:
        await Ledger(told, [lease(0)], standing=rows).take_over()
    assert error.value.args == ([2],)


async def test_leases_that_came_free_meanwhile_are_not_claimed_by_halves(told) -> None:
    with pytest.raises(Fenced) as error:
        await Ledger(told, [lease(0)], standing=[standing(2), standing(0)]).take_over()
    assert error.value.args == ([0, 2],)


async def test_a_ledger_without_lease_rows_is_no_ledger(told) -> None:
    with pytest.raises(LookupError, match=r"\[2\]"):
        await Ledger(told, [lease(0)], standing=[standing(0)]).take_over()


async def test_holders_are_told_as_they_stand(told) -> None:
    db = told(SQL, holders=[(0, "me", "cluster", True, 7), (1, "", "", False, 0)])
    assert await fencing.leases(db) == [
        Lease(0, "me", "cluster", True, 7),
        Lease(1, "", "", False, 0),
    ]


def partition(number: int, first_open: int | None = None) -> Partition:
    made = Partition(number, 3, 60 + number, AT + number, 5_000 + number)
    if first_open is not None:
        made.open_legs[first_open] = OpenLeg(bytes(16), 0, number, first_open, False, True, 1, 978,
                                             5, 1, 2, bytes(16))  # fmt: skip
    return made


async def test_partitions_advance_in_their_order_from_where_they_stood(told) -> None:
    db = told(SQL, advance=lambda numbers, *rest: [{"partition": n} for n in numbers])
    await fencing.advance(db, [(partition(2, 55), 50), (partition(0), 58)])
    assert db.asked == [
        ("advance", ([0, 2], [3, 3], [58, 50], [60, 62], [from_us(AT), from_us(AT + 2)], [61, 55],
                     [5_000, 5_002])),
    ]  # fmt: skip


@pytest.mark.parametrize(("advanced", "lost"), [([], [0, 2]), ([2], [0]), ([0], [2])])
async def test_a_partition_that_stands_elsewhere_fences_all(
    told, advanced: list[int], lost: list[int]
) -> None:
    db = told(SQL, advance=[{"partition": n} for n in advanced])
    with pytest.raises(Fenced) as error:
        await fencing.advance(db, [(partition(2), 50), (partition(0), 58)])
    assert error.value.args == (lost,)


@pytest.mark.parametrize(
    ("epochs", "lost"),
    [({0: 3, 2: 3}, []), ({0: 3, 2: 4}, [2]), ({0: 2, 2: 3}, [0]), ({0: 3}, [2]), ({}, [0, 2])],
)
async def test_what_is_still_held_has_the_epochs_that_it_was_taken_over_under(
    told, epochs: dict[int, int], lost: list[int]
) -> None:
    db = told(SQL, epochs=[{"partition": n, "epoch": e} for n, e in epochs.items()])
    holding = fencing.still_held(db, [partition(2), partition(0)])
    if not lost:
        await holding
        return
    with pytest.raises(Fenced) as error:
        await holding
    assert error.value.args == (lost,)


async def test_who_holds_one_partition_is_told_by_name(told) -> None:
    db = told(SQL, holder=["me/1"])
    assert await fencing.holder(db, 3) == "me/1"
    assert db.asked == [("holder", (3,))]


@pytest.mark.parametrize("rows", [[], [""], [None]])
async def test_a_partition_that_nobody_has_claimed_has_no_holder(told, rows: list[Any]) -> None:
    with pytest.raises(LookupError, match="partition 3"):
        await fencing.holder(told(SQL, holder=rows), 3)


async def test_partitions_end_with_their_newest_sequence(told) -> None:
    rows = [{"partition": 0, "last_seq": 7}, {"partition": 2, "last_seq": 0}]
    assert await fencing.ends(told(SQL, ends=rows)) == {0: 7, 2: 0}
