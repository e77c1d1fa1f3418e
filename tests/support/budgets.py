"""What each area's tests take, told at the end of a run, and who takes more than it may.

An area is a folder of the code: its unit and its integration tests count together, and so does what
their fixtures start. Tests that run side by side share the time: with two workers a second of one
test is half a second of the run. Being over a budget is said aloud and fails nothing, since no test
passes or fails by the machine's speed; in CI a run very far over it fails, as the budgets would
otherwise mean nothing.
"""

import os
import time
from collections import Counter

import pytest

FAR = 20.0
"""Times a budget, at which a run in CI fails."""
KINDS = ("unit", "integration", "acceptance")
DIVIDED = ("runtime", "serve")
"""Folders whose own folders are areas."""


def area_of(path: str) -> str:
    """Of a file as pytest names it: tests/unit/runtime/risk/test_rules.py is runtime/risk's."""
    folders = path.split("/")[1:-1]
    kind, *below = folders or ["tests"]
    if kind not in KINDS or not below:
        return kind
    return "/".join(below[: 2 if below[0] in DIVIDED else 1])


def add_options(parser: pytest.Parser) -> None:
    group = parser.getgroup("budgets")
    group.addoption("--budget-s", type=float, help="seconds that the whole run may take")
    group.addoption(
        "--area-budget-s", type=float, help="seconds of the run that an area's tests may take"
    )


class Budgets:
    """A plugin of the process that reports, not of its workers."""

    def __init__(self, whole_s: float | None, area_s: float | None, workers: int = 1) -> None:
        self._whole_s = whole_s
        self._area_s = area_s
        self._workers = workers
        self._begun = time.monotonic()
        self._spent: Counter[str] = Counter()
        self._over: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._spent[area_of(report.nodeid.split("::")[0])] += report.duration / self._workers

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        far = False
        asked = [(f"tests of {area}", spent, self._area_s) for area, spent in self._spent.items()]
        asked.append(("all", time.monotonic() - self._begun, self._whole_s))
        for what, spent, budget in asked:
            if budget and spent > budget:
                self._over.append(f"OVER BUDGET: {what} took {spent:.0f} s of {budget:.0f} s")
                far = far or spent > FAR * budget
        if far and os.environ.get("CI") and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("seconds of the run by area")
        for area, spent in self._spent.most_common():
            terminalreporter.line(f"{spent:8.1f} {area}")
        for line in self._over:
            terminalreporter.line(line, red=True, bold=True)


def install(config: pytest.Config) -> None:
    """Where a budget is given."""
    whole_s, area_s = config.getoption("budget_s"), config.getoption("area_budget_s")
    if (whole_s or area_s) and not hasattr(config, "workerinput"):
        workers = config.getoption("numprocesses", None) or 1
        config.pluginmanager.register(Budgets(whole_s, area_s, workers), "budgets")
