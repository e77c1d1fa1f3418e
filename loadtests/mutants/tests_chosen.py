"""Runs tests in this process: those that are asked for, and remembers what they reach."""

import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import coverage
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
                case.settings = hypothesis.settings(settings, **self._examples)  # type: ignore[union-attr]  # a case with settings is a class of Hypothesis

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid)


class Trace:
    """Lines of some modules, by the test that ran them; modules of some packages, likewise. Threads
    count for the test under way, processes that a test starts do not count.

    Coverage's tracer is in C: a line costs some tens of nanoseconds, where one in Python makes the
    tests of the ledger take longer than there is.
    """

    def __init__(self, modules: list[str], packages: list[str]) -> None:
        self.ran: defaultdict[str, Ran] = defaultdict(Ran)
        self.at_import: dict[str, set[int]] = {}
        self._modules = frozenset(modules)
        self._packages = tuple(f"{package}." for package in packages)
        here = Path.cwd().resolve()
        self._coverage = coverage.Coverage(
            data_file=None, config_file=False, include=[f"{here}/*"], omit=[f"{here}/tests/*"],
            messages=False,
        )  # fmt: skip

    def start(self) -> None:
        self._coverage.start()

    def stop(self) -> None:
        """Sorts what was seen."""
        self._coverage.stop()
        data = self._coverage.get_data()
        names = self._names()
        for file in data.measured_files():
            name = names.get(file)
            if name is None:
                continue
            for line, tests in data.contexts_by_lineno(file).items():
                for test in tests:
                    self._add(name, line, test)

    def _add(self, name: str, line: int, test: str) -> None:
        if test:
            self.ran[test].modules.add(name)
        if name in self._modules:
            lines = self.ran[test].lines if test else self.at_import
            lines.setdefault(name, set()).add(line)

    def _names(self) -> dict[str, str]:
        """Of modules, by their files, links followed."""
        return {
            str(Path(file).resolve()): name
            for name, module in list(sys.modules.items())
            if f"{name}.".startswith(self._packages)
            and (file := getattr(module, "__file__", None)) is not None
        }

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.ran[name_of(item)]
        self._coverage.switch_context(name_of(item))
        try:
            return (yield)
        finally:
            self._coverage.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.ran[report.nodeid.split("[")[0]].seconds += report.duration
