"""The roster: what a platform starts, and what else reads it."""

from pkgutil import resolve_name

from headrace.actors import ray_names, roster
from headrace.actors.roster import ACTORS, Actor, process_of, processes
from headrace.runtime.metrics.registry import AREAS
from headrace.runtime.settings.cell import CellSettings

SMALL = Actor("small", "nowhere:of_platform", small=True, area="follower")


def test_whatever_is_named_is_there_and_tells_declared_figures() -> None:
    areas = {area.name for area in AREAS if area.labels == ("actor",)}
    for actor in ACTORS:
        assert callable(resolve_name(actor.made_by))
        assert not actor.small or actor.area in areas
    for process in processes(CellSettings()):
        assert callable(resolve_name(process.made_by))
    assert len({actor.name for actor in ACTORS}) == len(ACTORS)


def test_small_actors_share_one_process_unless_told_otherwise() -> None:
    cell = CellSettings(actors=2)
    names = [process.name for process in processes(cell, (*ACTORS, SMALL))]
    assert names == ["account-partition-0", "account-partition-1", "workers"]
    apart = CellSettings(actors=2, small_actors_share=False)
    found = processes(apart, (*ACTORS, SMALL))
    assert [process.name for process in found[2:]] == ["creditor-profiles", "small"]
    assert [process_of("small", each) for each in (cell, apart)] == ["workers", "small"]
    assert {process.made_by for process in found[2:]} == {"headrace.actors.workers:Workers"}


def test_only_partitions_are_waited_for() -> None:
    waited = [process.name for process in processes(CellSettings()) if process.takes_payments]
    assert waited == ["account-partition-0", "account-partition-1"]


def test_the_newest_of_a_process_generations_is_the_one_that_counts() -> None:
    running = ["workers", "workers.10", "workers.9", "account-partition-0.1"]
    assert ray_names.generations(running) == {"workers": 10, "account-partition-0": 1}
    assert ray_names.of_generation("workers", 0) == "workers"
    assert ray_names.of_generation("workers", 10) == "workers.10"


def test_processes_are_known_by_their_classes() -> None:
    assert roster.classes() == {"PartitionProcess", "Workers"}
    assert roster.titles("account-partition") == ("ray::PartitionProcess", "ray::account-partition")
