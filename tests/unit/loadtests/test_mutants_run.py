"""A run over a tiny package: what its tests see is killed, what they can't see survives."""

import sys
from pathlib import Path

import pytest

from headrace.loadtests.mutants import run
from headrace.loadtests.mutants.house import House
from headrace.loadtests.mutants.result import Fate, Result
from headrace.loadtests.mutants.run import Plan, RedOnRightCode, Run

CODE = """
EDGE = 10

def allowed(amount):
    return amount <= EDGE

def larger(a, b):
    return a if a > b else b

def unseen(n):
    return n > 3

def counted_down(n):
    while n > 0:
        n -= 1
    return n

def in_a_process_of_its_own(n):
    return n == 6
"""
TESTS = """
import subprocess, sys
import pytest
from tiny_bank import limits

@pytest.mark.parametrize(("amount", "allowed"), [(9, True), (10, True), (11, False)])
def test_edge(amount, allowed):
    assert limits.allowed(amount) is allowed

@pytest.mark.parametrize("edge", [limits.EDGE])
def test_named_by_what_is_mutated(edge):
    assert edge == 10

def test_larger():
    assert limits.larger(2, 2) == 2
    assert limits.larger(2, 1) == limits.larger(1, 2) == 2

def test_counted_down():
    assert limits.counted_down(3) == 0

def test_process():
    limits.in_a_process_of_its_own(5)
    code = "from tiny_bank import limits; assert limits.in_a_process_of_its_own(6)"
    subprocess.run([sys.executable, "-c", code], check=True)
"""


CONFTEST = """
from tiny_bank.limits import EDGE

if EDGE > 10:
    raise ValueError(EDGE)
"""


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    root = tmp_path / "house"
    package = root / "src" / "tiny_bank"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "limits.py").write_text(CODE)
    (root / "tests").mkdir()
    (root / "tests" / "test_limits.py").write_text(TESTS)
    (root / "tests" / "conftest.py").write_text(CONFTEST)
    explained = root / "survivors.toml"
    explained.write_text("")
    monkeypatch.delitem(sys.modules, "tiny_bank", raising=False)  # of another folder
    monkeypatch.syspath_prepend(str(root / "src"))
    monkeypatch.setattr(run, "HANGS_AFTER_S", 5.0)
    return House(root, ("tiny_bank",), "tiny_bank", "src", ("tests",), explained=explained)


async def _run(house: House, tmp_path: Path) -> Result:
    return await Run(house, tmp_path, Plan(1, 100), lambda *_: None).carry_out()


def _fates(result: Result, function: str) -> dict[str, Fate]:
    return {f.mutant.key.after: f for f in result.fates if f.mutant.key.function == function}


async def test_what_tests_see_is_killed_and_what_nobody_can_see_survives(
    house: House, tmp_path: Path
) -> None:
    result = await _run(house, tmp_path)
    assert result.made == len(result.fates)
    edges = _fates(result, "allowed")
    assert edges["return (amount < EDGE)"].by == "tests/test_limits.py::test_edge[10-True]"
    assert {fate.stage for fate in edges.values()} == {"unit"}
    larger = _fates(result, "larger")
    assert [after for after, fate in larger.items() if not fate.stage] == [
        "return a if (a >= b) else b"
    ]
    unseen = _fates(result, "unseen").values()
    assert {fate.by for fate in unseen} == {"survived 0 unit tests"}
    constants = _fates(result, "<module>")
    assert [fate.stage for fate in constants.values()] == ["unit", "unit"]
    assert constants["EDGE = (11)"].by == "pytest ended with 4"  # before any test
    hanging = _fates(result, "counted_down")["n += 1"]
    assert hanging.stage == "unit"
    assert hanging.by == "not done in 5 s"
    elsewhere = _fates(result, "in_a_process_of_its_own")["return (n != 6)"]
    assert elsewhere.by == "tests/test_limits.py::test_process"
    assert len(result.unexplained) == len(result.survivors) == 1 + len(unseen)
    assert (house.root / "src" / "tiny_bank" / "limits.py").read_text() == CODE


async def test_tests_that_fail_with_nothing_changed_kill_no_mutants(
    house: House, tmp_path: Path
) -> None:
    (house.root / "tests" / "test_red.py").write_text("def test_red():\n    assert False\n")
    with pytest.raises(RedOnRightCode, match="test_red"):
        await _run(house, tmp_path)
