"""Run by test_a_new_actor.py in a copy of the code."""

import asyncio
import json
import os

from prometheus_client.exposition import generate_latest

from headrace.actors import ray_names
from headrace.actors.heartbeat import State
from headrace.actors.workers import Workers
from headrace.runtime.metrics.exposition import of_actors
from headrace.runtime.settings import Settings
from headrace.serve import supervisor as module
from headrace.serve.supervisor import Supervisor

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


class Registry:
    def __init__(self, families):
        self.collect = lambda: families


class Method:
    def __init__(self, method):
        self.remote = method


class Handle:
    """What Ray would start, in this process; the partitions' never answer."""

    def __init__(self, process, generation):
        self.name = ray_names.of_generation(process.name, generation)
        self.silent = asyncio.Event()
        self.workers = Workers(*process.arguments, self.name)
        started.append(self)
        self.heartbeat = Method(self._heartbeat)

    async def _heartbeat(self):
        if self.silent.is_set() or not self.name.startswith("workers"):
            await asyncio.Event().wait()
        return await self.workers.heartbeat()


started = []


def start(process, generation):
    if process.takes_payments:
        process = process._replace(arguments=((),))
    return Handle(process, generation)


async def until(condition):
    async with asyncio.timeout(60):
        while not condition():  # nobody tells
            await asyncio.sleep(0.01)


async def main():
    module.start = start
    module.ray_names.running = set
    module.ray.kill = lambda handle, no_restart: None
    settings = Settings(
        actors=2, heartbeat_interval_s=0.02, heartbeat_timeout_s=0.3, heartbeat_look_s=0.05
    )
    watching = Supervisor(settings)
    await watching.start()
    (hosts,) = [handle for handle in started if handle.name == "workers"]
    await until(lambda: any(h.state is State.READY for h in watching._heard.values()))
    await hosts.workers.call("pebbles", "throw", 5)
    names = sorted(hosts.workers._lines)

    def failures():
        return hosts.workers._workers["ripples"].stats()["failures"]

    await until(failures)
    told = [await hosts.workers.told(name) for name in names]
    text = generate_latest(Registry(list(of_actors(told)))).decode()
    lines = [line for line in text.splitlines() if "thrown_total{" in line]
    failed = (line for line in text.splitlines() if "follower_failures_total{" in line)
    lines += [line.split(" ")[0] for line in failed]
    hosts.silent.set()
    await until(lambda: started[-1].name != "account-partition-1" and len(started) > 3)
    print(
        json.dumps(
            {
                "processes": [handle.name for handle in started[:3]],
                "hosts": names,
                "told": sorted(lines),
                "replaced": started[-1].name,
            }
        ),
        flush=True,
    )


os.environ["HEADRACE_DATABASE_URL"] = NOWHERE
asyncio.run(main())
