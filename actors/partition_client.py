"""The one way to the partitions: commands go to the actors that own them, in few calls.

What arrives while a call is out to an actor goes together with the next; only when much has come is
a further call made beside it, so that the actor has the next batch at hand. No timer and no batch
size: an idle platform is asked at once, a busy one in batches.

What is submitted together goes to an actor in one call, however much it is: a call is taken whole
or not at all, so that no payment of a batch is decided while an earlier one was put off.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

import structlog

from headrace.actors.intake import WORTH_A_BATCH, Submission
from headrace.runtime.commands import home_of
from headrace.runtime.metrics.told import Told
from headrace.runtime.partitioning import actor_of
from headrace.runtime.payments import answer as answers_wire
from headrace.runtime.payments import command as commands_wire
from headrace.runtime.payments.answer import Answer, Done, LegsAnswer, Refused
from headrace.runtime.payments.command import Command, PostLegs
from headrace.runtime.payments.open_leg import LegId
from headrace.runtime.refusals import Refusal
from headrace.runtime.settings.cell import CellSettings
from headrace.runtime.settings.partition import CallSettings

log = structlog.get_logger("headrace.partition_client")

Stats = dict[str, int | float | str | Mapping[str, int | float]]
"""A partition actor's figures, and under an area's name those of what stands around it."""


class Actors(Protocol):
    """How calls reach the actors, which are numbered; any exception means: no answer."""

    async def submit(self, actor: int, data: bytes) -> bytes: ...

    async def await_leg(self, actor: int, opened_by: LegId, timeout_s: float) -> None: ...

    async def stats(self, actor: int) -> Stats: ...


class Asker(Protocol):
    """Whom to answer, once for each of its commands, by their indices."""

    @property
    def since(self) -> float:
        """When it asked, by the monotonic clock."""

    def answer(self, index: int, answer: Answer) -> None:
        """Never raises: whoever asked may have gone."""


_Asked = tuple[Command, Asker, int]


class _Lane:
    """What waits for one actor, and the calls that are out to it."""

    __slots__ = ("calls_out", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[_Asked] = deque()
        self.calls_out = 0


class PartitionClient:
    """For one event loop. Never raises for an item: what could not be asked is refused."""

    def __init__(
        self, cell: CellSettings, calls: CallSettings, actors: Actors,
        beside: Sequence[Callable[[], Awaitable[Told]]] = (),
    ) -> None:  # fmt: skip
        """`beside`: how to ask actors that are no partitions' for their figures."""
        self._cell = cell
        self._bounds = calls
        self._actors = actors
        self._beside = beside
        self._lanes = [_Lane() for _ in range(cell.actors)]
        self._calls: set[asyncio.Task[None]] = set()

    async def submit(self, commands: Sequence[Command]) -> list[Answer]:
        """Answers in the order of the commands."""
        if not commands:
            return []
        partitions, actors = self._cell.partitions, self._cell.actors
        submission = Submission(len(commands))
        touched = set()
        for index, command in enumerate(commands):
            number = actor_of(home_of(command, partitions), actors)
            self._lanes[number].waiting.append((command, submission, index))
            touched.add(number)
        for number in touched:
            self._keep_calling(number)
        return await submission.future

    def put(self, command: Command, asker: Asker) -> None:
        """A single command, without waiting for its answer."""
        number = actor_of(home_of(command, self._cell.partitions), self._cell.actors)
        self._lanes[number].waiting.append((command, asker, 0))
        self._keep_calling(number)

    async def await_final(self, done: Done, timeout_s: float) -> None:
        """Returns when the leg that was opened by what was done, if any, is no longer under way,
        after the time-out, or when its home does not answer: then the ledger says how it stands."""
        number = actor_of(done.partition, self._cell.actors)
        try:
            async with asyncio.timeout(timeout_s):
                await self._actors.await_leg(number, (done.partition, done.seq), timeout_s)
        except TimeoutError:
            return
        except Exception as error:  # whatever went wrong on the way, waiting is over
            log.warning("not_awaited", actor=number, error=repr(error))

    async def stats(self) -> list[Stats]:
        """Counters and gauges of the actors that answer in time, with what waits here for each."""
        found = await asyncio.gather(
            *(asyncio.wait_for(self._actors.stats(n), 1.0) for n in range(self._cell.actors)),
            return_exceptions=True,
        )
        return [
            {**stats, "waiting_in_gateway": len(lane.waiting)}
            for stats, lane in zip(found, self._lanes, strict=True)
            if not isinstance(stats, BaseException)
        ]

    async def figures(self) -> list[Told]:
        """The same and those of the actors beside, by area (runtime/metrics/)."""
        asked = (asyncio.wait_for(ask(), 1.0) for ask in self._beside)
        stats, beside = await asyncio.gather(
            self.stats(), asyncio.gather(*asked, return_exceptions=True)
        )
        told = [_by_area(each) for each in stats]
        return [*told, *(each for each in beside if not isinstance(each, BaseException))]

    def waiting_s(self) -> float:
        """How long the command that waits longest here for a call has done so."""
        now = time.monotonic()
        return max(
            (now - lane.waiting[0][1].since for lane in self._lanes if lane.waiting), default=0.0
        )

    def waiting(self) -> int:
        """Commands that wait here for a call."""
        return sum(len(lane.waiting) for lane in self._lanes)

    def _keep_calling(self, number: int) -> None:
        lane = self._lanes[number]
        while lane.calls_out < self._bounds.calls_per_actor_max and lane.waiting:
            if lane.calls_out and len(lane.waiting) < WORTH_A_BATCH:
                break
            items = self._next_call(lane.waiting)
            lane.calls_out += 1
            call = asyncio.create_task(self._call(number, items))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)

    def _next_call(self, waiting: deque[_Asked]) -> list[_Asked]:
        """What waits longest, to the end of the last submission."""
        size = min(len(waiting), self._bounds.call_payments_max)
        items = [waiting.popleft() for _ in range(size)]
        last = items[-1][1]
        while waiting and waiting[0][1] is last:
            items.append(waiting.popleft())
        return items

    async def post_legs(self, number: int, legs: PostLegs) -> LegsAnswer:
        """One call of legs to an actor. Raises whatever went wrong on the way."""
        return answers_wire.decode_legs(await self._ask(number, [legs]))

    async def _ask(self, number: int, commands: list[Command]) -> bytes:
        async with asyncio.timeout(self._bounds.call_timeout_s):
            return await self._actors.submit(number, commands_wire.encode(commands))

    async def _call(self, number: int, items: list[_Asked]) -> None:
        answers: Sequence[Answer]
        try:
            data = await self._ask(number, [command for command, _, _ in items])
            answers = answers_wire.decode(data)
            if len(answers) != len(items):
                raise ValueError(f"{len(answers)} answers to {len(items)} commands")
        except Exception as error:  # whatever went wrong on the way, the answer is not here
            log.warning("no_answer", actor=number, commands=len(items), error=repr(error))
            answers = [Refused(Refusal.UNAVAILABLE)] * len(items)
        finally:
            self._lanes[number].calls_out -= 1
            self._keep_calling(number)
        for (_, asker, index), answer in zip(items, answers, strict=True):
            asker.answer(index, answer)


def _by_area(stats: Stats) -> Told:
    beside = {area: figures for area, figures in stats.items() if isinstance(figures, Mapping)}
    own = {figure: value for figure, value in stats.items() if isinstance(value, int | float)}
    return {"name": str(stats.get("name", "")), "partition": own, **beside}
