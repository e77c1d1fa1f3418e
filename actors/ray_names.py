"""The names by which our actors are found in a Ray cluster, whoever asks.

A process without a namespace of its own gets one from its job, and a deployment's job is whoever
deployed it: `headrace up` here, Serve's REST API under KubeRay. So each look-up names ours.
"""

from collections.abc import Iterable
from typing import Any

import ray

NAMESPACE = "headrace"


def of_generation(process: str, generation: int) -> str:
    """`account-partition-0`; a successor beside a stuck one is `account-partition-0.1`."""
    return process + (f".{generation}" if generation else "")


def generations(names: Iterable[str]) -> dict[str, int]:
    """The newest generation of each process of which an actor runs."""
    found: dict[str, int] = {}
    for name in names:
        process, _, generation = name.partition(".")
        found[process] = max(found.get(process, 0), int(generation or 0))
    return found


def newest(process: str) -> Any:
    """A handle of a process' newest generation; ValueError when there is none."""
    return find(of_generation(process, generations(running()).get(process, 0)))


def find(name: str) -> Any:
    """An actor's handle; ValueError when there is none with this name."""
    return ray.get_actor(name, namespace=NAMESPACE)


def running() -> set[str]:
    """The names of all our actors that there are."""
    named = ray.util.list_named_actors(all_namespaces=True)
    return {actor["name"] for actor in named if actor["namespace"] == NAMESPACE}
