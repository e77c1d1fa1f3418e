"""Small actors that share a process."""

import asyncio
from typing import Any

import pytest

from headrace.actors import workers as module
from headrace.actors.heartbeat import State
from headrace.actors.roster import Actor
from headrace.actors.workers import Workers


class Echo:
    def __init__(self, name: str) -> None:
        self.name = name

    async def twice(self, number: int) -> int:
        return number * 2

    def stats(self) -> dict[str, int]:
        return {"records": 7}


made: list[str] = []
fails: dict[str, int] = {}


def of_platform(settings: Any, name: str) -> Echo:
    if fails.get(name):
        fails[name] -= 1
        raise ConnectionError("the ledger is away")
    made.append(name)
    return Echo(name)


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Workers:
    made.clear()
    fails.clear()
    lines = [Actor(n, f"{__name__}:of_platform", small=True, area="follower") for n in "abc"]
    monkeypatch.setattr(module, "ACTORS", tuple(lines))
    monkeypatch.setattr(module, "resolve_name", lambda name: of_platform)
    monkeypatch.setattr(module, "PAUSE_S", 0.001)
    return Workers(("a", "b"), "workers")


async def ready(workers: Workers) -> None:
    async with asyncio.timeout(60):
        while (await workers.heartbeat()).state is not State.READY:  # tells nobody
            await asyncio.sleep(0.001)


async def test_a_heartbeat_makes_the_workers_of_this_process_and_no_others(shared: Workers) -> None:
    assert (await shared.heartbeat()).state is State.STARTING
    await ready(shared)
    assert sorted(made) == ["a", "b"]


async def test_calls_and_figures_reach_the_one_that_is_named(shared: Workers) -> None:
    assert await shared.call("a", "twice", 4) == 8
    assert await shared.told("b") == {"name": "b", "follower": {"records": 7}}


async def test_one_that_can_not_be_made_yet_is_tried_again_and_each_made_once(
    shared: Workers,
) -> None:
    fails["b"] = 3
    assert await shared.call("b", "twice", 1) == 2
    await ready(shared)
    assert sorted(made) == ["a", "b"]
