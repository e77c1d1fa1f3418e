"""One run: mutants made and drawn, unit tests first, integration tests on what is left."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from headrace.loadtests.mutants import explained, servers
from headrace.loadtests.mutants.draw import draw
from headrace.loadtests.mutants.house import House
from headrace.loadtests.mutants.jobs import Job
from headrace.loadtests.mutants.mutant import Mutant
from headrace.loadtests.mutants.operators import mutants
from headrace.loadtests.mutants.reach import Reach, files
from headrace.loadtests.mutants.result import Fate, Result
from headrace.loadtests.mutants.targets import sources
from headrace.loadtests.mutants.tree import Tree
from headrace.loadtests.signals import to_its_end

UNIT, INTEGRATION = "unit", "integration"
ALL_TESTS_TIMEOUT_S = 900.0
HANGS_AFTER_S = 30.0
HANGS_AFTER_TIMES = 5.0
"""A mutant's tests have so long, and so often what they took on the unchanged tree."""
TESTS_S_MAX = {UNIT: 300.0, INTEGRATION: 60.0}
"""Of a mutant's tests, the quick ones first, as many as took so long on the unchanged tree: what
the first minute of integration tests lets live, their last seconds hardly ever kill."""


class Plan(NamedTuple):
    """What one run tries."""

    seed: int
    mutants: int
    only: str = ""
    """Modules whose name begins so; empty: all."""
    unit_only: bool = False
    workers: int = 2


class RedOnRightCode(RuntimeError):
    """Tests that fail with nothing changed would kill every mutant."""


class Misused(RuntimeError):
    """The tests chosen could not be run as asked: a fault of this program."""


Tell = Callable[[str, int, int], None]
"""What is done, how many of how many."""


class Run:
    """`tell` hears how it goes."""

    def __init__(self, house: House, folder: Path, plan: Plan, tell: Tell) -> None:
        self._house = house
        self._folder = folder
        self._plan = plan
        self._tell = tell
        self._fates: dict[Mutant, Fate] = {}

    async def carry_out(self) -> Result:
        begun = time.monotonic()
        plan, house = self._plan, self._house
        reasons = explained.read(house.explained)
        every = [m for source in sources(house.modules, house.root) for m in mutants(source)]
        made = [m for m in every if m.key.module.startswith(plan.only)]
        drawn = draw(made, plan.seed, plan.mutants)
        left = await self._try(drawn)
        fates = [self._fates[mutant] for mutant in drawn]
        assert len(left) == sum(not fate.stage for fate in fates)
        stale = explained.stale(reasons, [mutant.key for mutant in every])
        took = round(time.monotonic() - begun)
        return Result(plan.seed, took, len(made), fates, reasons, stale)

    async def _try(self, drawn: list[Mutant]) -> list[Mutant]:
        async with self._tree("tree-0") as first:
            reach = await self._reach(first, UNIT, self._house.unit, {})
            async with self._more_trees(first) as trees:
                left = await self._stage(UNIT, trees, reach, drawn, [""] * len(trees))
                if left and self._house.integration and not self._plan.unit_only:
                    async with servers.running(self._folder, len(trees)) as urls:
                        environment = {servers.URL: urls[0]}
                        paths = self._house.integration
                        reach = await self._reach(first, INTEGRATION, paths, environment)
                        left = await self._stage(INTEGRATION, trees, reach, left, urls)
        return left

    @asynccontextmanager
    async def _tree(self, name: str, like: Tree | None = None) -> AsyncIterator[Tree]:
        tree = await asyncio.to_thread(Tree, self._house, self._folder / name, like)
        try:
            await tree.start()
            yield tree
        finally:
            await to_its_end(tree.stop())

    @asynccontextmanager
    async def _more_trees(self, first: Tree, number: int = 1) -> AsyncIterator[list[Tree]]:
        if number >= self._plan.workers:
            yield [first]
            return
        async with (
            self._tree(f"tree-{number}", first) as tree,
            self._more_trees(first, number + 1) as trees,
        ):
            yield [*trees, tree]

    async def _reach(
        self, tree: Tree, stage: str, paths: tuple[str, ...], environment: dict[str, str]
    ) -> Reach:
        """All tests once, on unchanged code. RedOnRightCode when one fails."""
        self._tell(f"{stage} tests on unchanged code", 0, 1)
        modules = [source.module for source in sources(self._house.modules, self._house.root)]
        job = Job(
            paths=list(paths), ignored=list(self._house.ignored), traced=modules,
            packages=[self._house.package], environment=environment, timeout_s=ALL_TESTS_TIMEOUT_S,
        )  # fmt: skip
        report = await tree.run(job)
        if report.outcome != "passed":
            raise RedOnRightCode(
                f"{stage} tests fail with nothing changed ({report.by}); {tree.log} tells more: "
                f"{report.failed}"
            )
        return Reach(self._house, report)

    async def _stage(
        self, stage: str, trees: list[Tree], reach: Reach, drawn: list[Mutant], urls: list[str]
    ) -> list[Mutant]:
        """Survivors."""
        waiting, left = deque(drawn), list[Mutant]()

        async def work(tree: Tree, url: str) -> None:
            while waiting:
                mutant = waiting.popleft()
                fate = self._fates[mutant] = await self._judge(stage, tree, reach, mutant, url)
                if not fate.stage:
                    left.append(mutant)
                self._tell(f"{stage} tests", len(drawn) - len(waiting), len(drawn))

        async with asyncio.TaskGroup() as group:
            for tree, url in zip(trees, urls, strict=True):
                group.create_task(work(tree, url))
        return sorted(left, key=drawn.index)

    async def _judge(self, stage: str, tree: Tree, reach: Reach, mutant: Mutant, url: str) -> Fate:
        tests = reach.tests(mutant, TESTS_S_MAX[stage])
        before = self._fates.get(mutant)
        survived = f"{before.by}, " if before else "survived "
        survived += f"{len(tests)} {stage} tests"
        if not tests:
            return Fate(mutant, "", survived)
        took = sum(ran.seconds for ran in tests.values())
        report = await tree.run(
            Job(
                paths=files(tests), tests=list(tests), file=str(mutant.path), text=mutant.mutated,
                environment={servers.URL: url} if url else {},
                timeout_s=HANGS_AFTER_S + HANGS_AFTER_TIMES * took,
            )
        )  # fmt: skip
        if url:
            await servers.clean(url)
        if report.outcome == "misused":
            raise Misused(f"{mutant.key}: {report.by}; tests: {list(tests)}")
        if report.outcome == "passed":
            return Fate(mutant, "", survived)
        return Fate(mutant, stage, report.by)
