"""Worlds at work: several at once, and one story told to two platforms."""

import asyncio
import time
from collections.abc import Sequence

from headrace.loadtests.books.api import Unanswered
from headrace.loadtests.books.operations import choose
from headrace.loadtests.books.reading import Unreadable
from headrace.loadtests.books.tally import Tally, short
from headrace.loadtests.books.tenants import Tenant
from headrace.loadtests.books.world import World


async def _begin(world: World) -> None:
    """Its first accounts."""
    try:
        await world.open_all()
    except Unanswered as error:
        world.tally.violation(world.where, "its first accounts", "an answer", str(error))
        world.ended = True


async def step(world: World) -> None:
    """One operation; what cannot be read or is never answered is a violation."""
    world.number += 1
    operation = choose(world.random)
    try:
        await operation(world)
    except (Unanswered, Unreadable) as error:
        world.tally.violation(
            world.where, operation.__name__, "an answer", str(error), world.number
        )
        world.ended = True


async def play_for(worlds: Sequence[World], seconds: float) -> None:
    """All of them at once, each one request after the other."""
    end = time.monotonic() + seconds

    async def play(world: World) -> None:
        if not world.books.accounts:
            await _begin(world)
        while not world.ended and time.monotonic() < end:
            await step(world)

    await asyncio.gather(*map(play, worlds))


async def tell(tenant: Tenant, seed: int, operations: int) -> World:
    """The seed's story, from its first account to its last operation."""
    world = World("story", seed, tenant.submitter, tenant.reviewer)
    world.api.where = f"story of {tenant.name}"
    await _begin(world)
    while not world.ended and world.number < operations:
        await step(world)
    return world


def compare(one: World, other: World, tally: Tally) -> None:
    """Adds what was told otherwise."""
    pairs = zip(one.transcript, other.transcript, strict=False)
    tally.differ += [
        f"seed {tally.seed}, answer {place}: {short(a, 400)} became {short(b, 400)}"
        for place, (a, b) in enumerate(pairs)
        if a != b
    ]
    if len(one.transcript) != len(other.transcript):
        tally.differ.append(
            f"seed {tally.seed}: {len(one.transcript)} answers became {len(other.transcript)}"
        )
