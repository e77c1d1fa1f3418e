"""Which tests see a mutant, and how many of them are worth running."""

from pathlib import Path

import pytest

from headrace.loadtests.mutants.house import House
from headrace.loadtests.mutants.jobs import Ran, Report
from headrace.loadtests.mutants.mutant import Mutant, Source
from headrace.loadtests.mutants.operators import mutants
from headrace.loadtests.mutants.reach import Reach

CODE = b"EDGE = 10\n\n\ndef allowed(amount):\n    return amount <= EDGE\n"
SLOW, QUICK, OTHER = (f"tests/test_bank.py::{name}" for name in ("slow", "quick", "other"))
MODULE = "bank.limits"


@pytest.fixture
def reach(tmp_path: Path) -> Reach:
    """Two tests run the function, one only the module."""
    (tmp_path / "src" / "bank").mkdir(parents=True)
    (tmp_path / "src" / "bank" / "limits.py").write_bytes(CODE)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_bank.py").touch()
    inside = {MODULE: {5}}
    ran = {
        SLOW: Ran(5.0, inside, {MODULE}), QUICK: Ran(0.1, inside, {MODULE}),
        OTHER: Ran(0.5, {}, {MODULE}),
    }  # fmt: skip
    report = Report("passed", ran=ran, at_import={MODULE: {1, 4}})
    return Reach(House(tmp_path, (MODULE,), "bank", "src", ("tests",)), report)


def mutant(line: int) -> Mutant:
    source = Source(MODULE, Path("src/bank/limits.py"), CODE)
    return next(m for m in mutants(source) if m.line == line)


@pytest.mark.parametrize(
    ("seconds_max", "tests"), [(9.0, [QUICK, SLOW]), (5.0, [QUICK]), (0.01, [QUICK])]
)
def test_the_quick_ones_of_those_that_ran_its_line_run_as_long_as_there_is_time(
    reach: Reach, seconds_max: float, tests: list[str]
) -> None:
    assert list(reach.tests(mutant(5), seconds_max)) == tests
    assert list(reach.tests(mutant(5))) == [QUICK, SLOW]


def test_what_runs_at_import_is_seen_by_whoever_uses_the_module(reach: Reach) -> None:
    assert list(reach.tests(mutant(1))) == [QUICK, OTHER, SLOW]
    assert list(reach.tests(mutant(1), 1.0)) == [QUICK, OTHER]


def test_a_mutant_that_nobody_runs_has_no_tests(reach: Reach) -> None:
    beyond = mutant(5)._replace(lines=(9, 9))
    assert reach.tests(beyond, 1.0) == {}
