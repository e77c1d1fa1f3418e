"""One seed, from a fresh platform to `headrace verify`."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from pathlib import Path
from random import Random
from typing import Any

import httpx
from rich.console import Console

from headrace.loadtests.books import api, story
from headrace.loadtests.books.api import Unanswered
from headrace.loadtests.books.books_platform import BooksPlatform, Shape
from headrace.loadtests.books.kills import kill
from headrace.loadtests.books.plan import Plan
from headrace.loadtests.books.reading import Unreadable
from headrace.loadtests.books.scenarios.bystanders import Bystanders, Worst
from headrace.loadtests.books.scenarios.crowd import Crowd
from headrace.loadtests.books.scenarios.edges import Edges
from headrace.loadtests.books.scenarios.limits import Limits
from headrace.loadtests.books.scenarios.manners import Manners
from headrace.loadtests.books.scenarios.openings import Openings
from headrace.loadtests.books.scenarios.readings import Readings
from headrace.loadtests.books.tally import Tally
from headrace.loadtests.books.tenants import Tenant, Tenants
from headrace.loadtests.books.world import World
from headrace.loadtests.platform_under_load import RunError
from headrace.loadtests.signals import to_its_end

ONE, THREE, TWO = Shape(1, tiny=True), Shape(3, tiny=True), Shape(2, tiny=False)
say = Console(stderr=True, highlight=False, soft_wrap=True).print


class Run:
    """`tally` after `carry_out`; `verify`: pass, fail, or empty when it was not reached."""

    def __init__(self, seed: int, folder: Path, port: int, plan: Plan) -> None:
        self.tally = Tally(seed)
        self.verify = ""
        self._plan = plan
        self._random = Random(f"{seed} faults")
        self._platform = BooksPlatform(folder, port, self._random)
        self._begun = time.monotonic()

    async def carry_out(self) -> None:
        """Ends with nothing running."""
        try:
            self._say("a platform of one actor with memory for 40 accounts")
            self._platform.shape = ONE
            await self._platform.start()
            async with api.client(self._platform.address.port) as http:
                try:
                    await self._parts(http)
                except (Unanswered, Unreadable, RunError) as error:
                    self.tally.violation("run", "everything", "to be answered", str(error))
            self._say("headrace verify")
            self.verify = await self._platform.verify()
            self._say(f"the books: {self.verify}")
        finally:
            await to_its_end(self._platform.stop())

    async def _parts(self, http: httpx.AsyncClient) -> None:
        plan, seed = self._plan, self.tally.seed
        tenants = Tenants(http, self._platform.operator_key, self.tally, seed)
        self._say(f"the story, {plan.story_operations} operations")
        told_one = await story.tell(await tenants.make("story-one"), seed, plan.story_operations)
        tenant = await tenants.make("worlds")
        worlds = [
            World(f"w{number}", seed, tenant.submitter, tenant.reviewer)
            for number in range(plan.worlds)
        ]
        crowd = Crowd("crowd", seed, await tenants.make("crowd"), plan.crowd_items_max)
        await crowd.begin()

        async def everybody(seconds: float) -> None:
            await asyncio.gather(story.play_for(worlds, seconds), crowd.play_for(seconds))

        async with self._killing(plan.one_actor_faults, plan.one_actor_s):
            await everybody(plan.one_actor_s)
        await self._restart(THREE)
        self._say("the story again")
        other = await tenants.make("story-three")
        told_three = await story.tell(other, seed, plan.story_operations)
        story.compare(told_one, told_three, self.tally)
        async with self._killing(plan.three_actor_faults, plan.three_actors_s):
            await everybody(plan.three_actors_s)
        await self._restart(TWO)
        await everybody(plan.two_actors_s)
        await self._whole(worlds, crowd, tenants)
        await self._bystanders(tenants)

    async def _whole(self, worlds: Sequence[World], crowd: Crowd, tenants: Tenants) -> None:
        """What is looked at as a whole, and what must not be killed meanwhile."""
        plan, seed = self._plan, self.tally.seed
        self._say("sums, statements, streams and lists of all that was")
        await self._scenario(crowd.judge())
        readings = Readings("readings", seed, crowd.tenant)
        statuses = {payment["id"]: payment["status"] for payment in crowd.found}
        await self._scenario(readings.events(statuses))
        await self._scenario(readings.accounts(list(crowd.opened_with)))
        await self._scenario(readings.csv(crowd.account(0)))
        await self._scenario(readings.timelines(crowd.found))
        await self._scenario(self._streams_of(worlds))
        self._say("edges, rights, openings, limits")
        await self._scenario(Edges("edges", seed, await tenants.make("edges")).play())
        await self._scenario(Manners("manners", seed, await tenants.make("manners")).play())
        openings = Openings("openings", seed, await tenants.make("openings"))
        await self._scenario(openings.play(plan.rounds))
        limits = Limits("limits", seed, await tenants.make("limits"))
        await self._scenario(limits.play(plan.rounds))

    async def _streams_of(self, worlds: Sequence[World]) -> None:
        right = [world for world in worlds if not world.ended]
        statuses = {p.id: p.status for world in right for p in world.books.payments}
        api_of_all = worlds[0].api
        tenant = Tenant("worlds", api_of_all, worlds[0].reviewer, api_of_all)
        await Readings("streams", self.tally.seed, tenant).events(statuses)

    async def _bystanders(self, tenants: Tenants) -> None:
        seconds, seed = self._plan.bystanders_s, self.tally.seed
        self._say("one tenant does its worst")
        calm = Bystanders("calm", seed, await tenants.make("calm"))
        worst = Worst("worst", seed, await tenants.make("worst"))
        await calm.begin()
        await asyncio.gather(
            self._scenario(worst.play_for(seconds)), self._scenario(calm.play_for(seconds + 2))
        )
        refused = len(self.tally.bystanders_refused)
        self._say(f"{self.tally.bystanders_tried} bystanders' payments, {refused} refused")
        try:
            await self._platform.settled()
        except RunError as error:
            self.tally.violation("bystanders", "nothing under way", "within a minute", str(error))

    async def _scenario(self, playing: Coroutine[Any, Any, None]) -> None:
        """What is never answered is a violation, and the run goes on."""
        name = getattr(playing, "__qualname__", "scenario")
        try:
            await playing
        except (Unanswered, Unreadable) as error:
            self.tally.violation("scenario", name, "an answer", str(error))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            self.tally.violation("scenario", name, "an answer of the documented form", repr(error))

    async def _restart(self, shape: Shape) -> None:
        self._say(f"every process killed; {shape.actors} actors")
        await self._platform.restart(shape)
        self.tally.kills["platform"] += 1

    @contextlib.asynccontextmanager
    async def _killing(self, faults: Sequence[str], seconds: float) -> AsyncIterator[None]:
        self._say(f"everybody, under {len(faults)} kills")
        killing = asyncio.create_task(
            kill(self._platform, faults, seconds, self.tally, self._random)
        )
        try:
            yield
            await killing
        finally:
            killing.cancel()

    def _say(self, what: str) -> None:
        tally, took_s = self.tally, time.monotonic() - self._begun
        say(
            f"seed {tally.seed} {took_s:5.0f} s {tally.operations:>7,} operations"
            f" {len(tally.violations)} violations  {what}"
        )
