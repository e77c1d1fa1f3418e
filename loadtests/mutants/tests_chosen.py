"""Runs tests in this process: those that are asked for, and remembers what they reach."""

import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import hypothesis
import pytest

from headrace.loadtests.mutants.jobs import EXAMPLES, Job, Ran, Report

PHASES = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
"""What fails need not be made smaller."""
PROFILE = "mutants"
ALL_PASSED, NOTHING_RAN = 0, 5
"""Exit codes of pytest. Others are failures: also 4, of a conftest.py that can't be imported."""


def run(job: Job) -> Report:
    """Ends with the first test that fails when tests were chosen."""
    fixed: dict[str, Any] = {"derandomize": True, "database": None, "phases": PHASES}
    hypothesis.settings.register_profile(
        PROFILE, max_examples=EXAMPLES, deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck), **fixed,
    )  # fmt: skip
    chosen = Chosen(job.tests, {"max_examples": EXAMPLES, **fixed})
    plugins: list[object] = [chosen]
    trace = Trace(job.traced, job.packages) if job.traced else None
    if trace:
        plugins.append(trace)
        trace.start()
    arguments = ["-q", "-W", "ignore", "--rootdir", str(Path.cwd())]
    arguments += ["-p", "no:cacheprovider", "-p", "no:unraisableexception"]
    arguments += ["--hypothesis-profile", PROFILE]
    arguments += [f"--ignore={path}" for path in job.ignored]
    if job.tests is not None:
        arguments.append("-x")
    code = int(pytest.main([*arguments, *job.paths], plugins=plugins))
    report = Report(failed=chosen.failed, by=next(iter(chosen.failed), f"pytest ended with {code}"))
    if code == ALL_PASSED:
        report.outcome, report.by = "passed", ""
    elif code == NOTHING_RAN:
        report.outcome = "misused"
    if trace:
        trace.stop()
        report.ran, report.at_import = dict(trace.ran), dict(trace.at_import)
    return report


def name_of(item: pytest.Item) -> str:
    """Without its parameters, which may be what is mutated."""
    return item.nodeid.split("[")[0]


class Chosen:
    """Leaves the chosen tests, in their order, and notes which fail."""

    def __init__(self, tests: list[str] | None, examples: dict[str, Any]) -> None:
        self.failed: list[str] = []
        self._order = None if tests is None else {test: place for place, test in enumerate(tests)}
        self._examples = examples

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self._order is not None:
            order = self._order
            items[:] = sorted(
                (i for i in items if name_of(i) in order), key=lambda i: order[name_of(i)]
            )
        for item in items:
            case = getattr(item, "cls", None)
            if isinstance(settings := getattr(case, "settings", None), hypothesis.settings):
                case.settings = hypothesis.settings(settings, **self._examples)  # type: ignore[union-attr]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid)


class Trace:
    """Lines of some modules, by the test that ran them; modules of some packages, likewise. Threads
    count for the test under way, processes that a test starts do not count."""

    def __init__(self, modules: list[str], packages: list[str]) -> None:
        self.ran: defaultdict[str, Ran] = defaultdict(Ran)
        self.at_import: defaultdict[str, set[int]] = defaultdict(set)
        self._modules = frozenset(modules)
        self._packages = tuple(f"{package}." for package in packages)
        self._of_code: dict[CodeType, str] = {}
        self._test: Ran | None = None

    def start(self) -> None:
        threading.settrace(self._called)
        sys.settrace(self._called)

    def stop(self) -> None:
        sys.settrace(None)
        threading.settrace(None)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._test = self.ran[name_of(item)]
        try:
            return (yield)
        finally:
            self._test = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.ran[report.nodeid.split("[")[0]].seconds += report.duration

    def _called(self, frame: FrameType, event: str, argument: object) -> Any:
        code = frame.f_code
        module = self._of_code.get(code)
        if module is None:
            module = self._of_code[code] = self._module_of(frame)
        if not module:
            return None
        if self._test is not None:
            self._test.modules.add(module)
        return self._line if module in self._modules else None

    def _module_of(self, frame: FrameType) -> str:
        name = frame.f_globals.get("__name__", "")
        made = frame.f_code.co_filename.startswith("<")  # of a dataclass, say: lines of no file
        ours = isinstance(name, str) and not made and f"{name}.".startswith(self._packages)
        return name if ours else ""

    def _line(self, frame: FrameType, event: str, argument: object) -> Any:
        if event == "line":
            module = self._of_code[frame.f_code]
            lines = self.at_import if self._test is None else self._test.lines
            if self._test is not None and module not in lines:
                self._test.lines[module] = set()
            lines[module].add(frame.f_lineno)
        return self._line
