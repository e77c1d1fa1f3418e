"""A plan's order follows the seed, and a run that fell short of it is told so."""

from collections import Counter
from random import Random

import pytest

from headrace.loadtests.chaos.faults import FAULTS
from headrace.loadtests.chaos.plan import LONG, SHORT, Plan, of_faults


def test_the_long_run_does_a_hundred_faults_and_five_of_each() -> None:
    assert LONG.faults.keys() == SHORT.faults.keys() == FAULTS.keys()
    assert sum(LONG.faults.values()) >= 100
    assert min(LONG.faults.values()) >= 5


def test_the_order_is_the_seeds() -> None:
    first, again, other = (LONG.shuffled(Random(seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert Counter(first) == Counter(LONG.faults)


def test_nothing_is_missed_when_all_was_done() -> None:
    assert SHORT.missed(SHORT.faults, [], 500, 150) == []


@pytest.mark.parametrize(
    ("kills", "acknowledged", "crossing", "missed"),
    [
        ({"actor": 1, "clock": 1}, 10, 5, "1 of 2 actor faults"),
        ({"actor": 2}, 10, 5, "0 of 1 clock faults"),
        ({"actor": 2, "clock": 1}, 9, 5, "9 of 10 acknowledged"),
        ({"actor": 2, "clock": 1}, 10, 2, "2 of 10 crossing"),
    ],
)
def test_what_was_missed(
    kills: dict[str, int], acknowledged: int, crossing: int, missed: str
) -> None:
    plan = Plan(faults={"actor": 2, "clock": 1}, duration_s_max=1, acknowledged_min=10)
    assert plan.missed(kills, [], acknowledged, crossing) == [missed]


def test_a_skipped_fault_is_not_missed() -> None:
    assert of_faults(["disk_full", "actor"]).missed({"actor": 1}, ["disk_full"], 1, 0) == []
