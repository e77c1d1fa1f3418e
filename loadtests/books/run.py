"""One seed, from a fresh platform to `headrace verify`."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from random import Random

import httpx
from rich.console import Console

from headrace.loadtests.books import api, story
from headrace.loadtests.books.kills import kill
from headrace.loadtests.books.plan import Plan
from headrace.loadtests.books.platform import BooksPlatform, Shape
from headrace.loadtests.books.tally import Tally
from headrace.loadtests.books.tenants import Tenants
from headrace.loadtests.books.world import World
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
                await self._parts(http)
            self._say("headrace verify")
            self.verify = await self._platform.verify()
        finally:
            await to_its_end(self._platform.stop())

    async def _parts(self, http: httpx.AsyncClient) -> None:
        plan, seed = self._plan, self.tally.seed
        tenants = Tenants(http, self._platform.operator_key, self.tally, seed)
        told_one = await story.tell(await tenants.make("story-one"), seed, plan.story_operations)
        tenant = await tenants.make("worlds")
        worlds = [
            World(f"w{number}", seed, tenant.submitter, tenant.reviewer)
            for number in range(plan.worlds)
        ]
        async with self._killing(plan.one_actor_faults, plan.one_actor_s):
            await story.play_for(worlds, plan.one_actor_s)
        await self._restart(THREE)
        told_three = await story.tell(
            await tenants.make("story-three"), seed, plan.story_operations
        )
        story.compare(told_one, told_three, self.tally)
        async with self._killing(plan.three_actor_faults, plan.three_actors_s):
            await story.play_for(worlds, plan.three_actors_s)
        await self._restart(TWO)
        await story.play_for(worlds, plan.two_actors_s)

    async def _restart(self, shape: Shape) -> None:
        self._say(f"every process killed; {shape.actors} actors")
        await self._platform.restart(shape)
        self.tally.kills["platform"] += 1

    @contextlib.asynccontextmanager
    async def _killing(self, faults: Sequence[str], seconds: float) -> AsyncIterator[None]:
        self._say(f"worlds, under {len(faults)} kills")
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
