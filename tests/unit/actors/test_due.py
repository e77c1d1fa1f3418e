"""What is due: told by its source, decided in turn, looked at for as long as the actor lives."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from headrace.actors.due import Due, ExpiringHolds, ParkedLegs
from headrace.runtime.ledger import load, parked_legs
from headrace.runtime.payments.command import Act, Command, PaymentAction
from headrace.runtime.payments.open_leg import LegId, OpenLeg

OLD, NEW = bytes(15) + b"\1", bytes(15) + b"\2"


async def test_holds_expire_for_no_tenant_the_oldest_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []

    async def due_holds(*arguments: Any) -> list[bytes]:
        asked.append(arguments)
        return [OLD, NEW]

    monkeypatch.setattr(load, "due_holds", due_holds)
    found = await ExpiringHolds(25).due(None, [0, 2], 77)  # type: ignore[arg-type]  # goes through
    assert found == [Act(0, OLD, PaymentAction.EXPIRE), Act(0, NEW, PaymentAction.EXPIRE)]
    assert asked == [(None, [0, 2], 77, 25)]


# Parked legs


def leg(seq: int) -> OpenLeg:
    return OpenLeg(OLD, 0, 1, seq, False, True, 5, 978, 40, 7, 8, bytes(16))


class Legs:
    """A sender of legs with some that are parked."""

    def __init__(self, *seqs: int) -> None:
        self.parked = {(1, seq): leg(seq) for seq in seqs}
        self.released: list[LegId] = []

    def release(self, legs: Sequence[LegId]) -> None:
        self.released += legs
        for leg_id in legs:
            del self.parked[leg_id]


class Table:
    """Parked legs as the ledger keeps them."""

    def __init__(self, *seqs: int) -> None:
        self.kept: dict[LegId, tuple[int, str]] = {(1, seq): (5, "why") for seq in seqs}
        self.asked = 0
        self.away = False

    async def park(self, db: object, leg: OpenLeg, failures: int, error: str) -> None:
        if self.away:
            raise OSError("away")
        self.kept[leg.partition, leg.seq] = failures, error

    async def parked(self, db: object, partitions: Sequence[int]) -> set[LegId]:
        self.asked += 1
        return set(self.kept)


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Table:
    table = Table()
    monkeypatch.setattr(parked_legs, "park", table.park)
    monkeypatch.setattr(parked_legs, "parked", table.parked)
    return table


async def look(parked: ParkedLegs) -> Sequence[Command]:
    return await parked.due(None, [1], 0)  # type: ignore[arg-type]  # the table is handed out above


async def test_nobody_asks_about_parked_legs_while_there_are_none(table: Table) -> None:
    assert await look(ParkedLegs(Legs())) == []  # type: ignore[arg-type]  # what of it is used
    assert table.asked == 0


async def test_a_parked_leg_is_written_once_and_waits_until_it_is_released(table: Table) -> None:
    legs = Legs(3, 4)
    parked = ParkedLegs(legs)  # type: ignore[arg-type]  # what of it is used
    parked.park(leg(3), 5, "why")
    parked.park(leg(4), 6, "how")
    assert await look(parked) == []
    assert table.kept == {(1, 3): (5, "why"), (1, 4): (6, "how")}
    assert legs.released == []
    del table.kept[1, 3]
    assert await look(parked) == []
    assert legs.released == [(1, 3)]
    assert table.kept == {(1, 4): (6, "how")}, "what was released is not written again"


async def test_a_leg_that_could_not_be_written_is_no_released_one(table: Table) -> None:
    legs = Legs(3)
    parked = ParkedLegs(legs)  # type: ignore[arg-type]  # what of it is used
    parked.park(leg(3), 5, "why")
    table.away = True
    with pytest.raises(OSError, match="away"):
        await look(parked)
    table.away = False
    assert await look(parked) == []
    assert (legs.released, table.kept) == ([], {(1, 3): (5, "why")})


async def test_a_new_start_forgets_what_was_not_written(table: Table) -> None:
    legs = Legs(4)
    parked = ParkedLegs(legs)  # type: ignore[arg-type]  # what of it is used
    parked.park(leg(3), 5, "why")
    table.kept[1, 4] = 5, "why"
    assert await parked.found(None, [1]) == {(1, 4)}  # type: ignore[arg-type]  # as above
    await look(parked)
    assert list(table.kept) == [(1, 4)]


# Looking


class Source:
    """Has one command at each look, or fails."""

    def __init__(self) -> None:
        self.looks: list[tuple[object, Sequence[int]]] = []
        self.error: Exception | None = None
        self.hangs = False
        self.commands: list[Command] = [Act(0, OLD, PaymentAction.EXPIRE)]

    async def due(self, db: object, partitions: Sequence[int], now: int) -> Sequence[Command]:
        self.looks.append((db, partitions))
        if self.hangs:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error
        return self.commands


class Scene:
    """Looks every two seconds, for at most five."""

    def __init__(self) -> None:
        self.source = Source()
        self.put: list[Command] = []
        self.ready = True

        async def clock() -> str:
            return "clock"

        def put(commands: Sequence[Command]) -> "asyncio.Future[None]":
            self.put += commands
            done = asyncio.get_running_loop().create_future()
            done.set_result(None)
            return done

        self.due = Due(
            [self.source], SimpleNamespace(clock=clock, partitions=[0, 2], holder="actor-0/1"),
            SimpleNamespace(put=put), 5.0, 2.0,
        )  # type: ignore[arg-type]  # what of them is used  # fmt: skip

    async def for_seconds(self, seconds: float) -> None:
        looking = asyncio.create_task(self.due.keep_looking(lambda: self.ready))
        await asyncio.sleep(seconds)
        looking.cancel()


async def test_what_is_due_is_put_with_all_else_that_waits(no_waiting: None) -> None:
    scene = Scene()
    await scene.for_seconds(5)
    assert scene.source.looks == [("clock", [0, 2])] * 2
    assert scene.put == scene.source.commands * 2


async def test_nothing_is_put_where_nothing_is_due(no_waiting: None) -> None:
    scene = Scene()
    scene.source.commands = []
    scene.put = None  # type: ignore[assignment]  # whoever puts something fails
    await scene.due.look()
    assert len(scene.source.looks) == 1


async def test_nobody_looks_while_the_actor_takes_no_payments(no_waiting: None) -> None:
    scene = Scene()
    scene.ready = False
    await scene.for_seconds(7)
    assert scene.source.looks == []


@pytest.mark.parametrize("wrong", ["fails", "hangs"])
async def test_a_look_that_came_to_nothing_is_told_and_tried_again(
    no_waiting: None, logged: list[dict[str, object]], wrong: str
) -> None:
    scene = Scene()
    if wrong == "fails":
        scene.source.error = OSError("away")
    else:
        scene.source.hangs = True
    await scene.for_seconds(2.5 if wrong == "fails" else 7.5)
    scene.source.error, scene.source.hangs = None, False
    await scene.for_seconds(3)
    assert len(scene.put) == 1
    assert [(log["event"], log["actor"]) for log in logged] == [("not_looked", "actor-0/1")]
