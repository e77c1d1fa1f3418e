"""How our actors run in Ray: names, restarts, concurrency. The only place that wraps them."""

from pkgutil import resolve_name
from typing import Any

import ray

from headrace.actors.ray_names import NAMESPACE, of_generation
from headrace.actors.roster import Process

CALLS_AT_ONCE_MAX = 2_000
"""Calls an actor has under way; each is a coroutine that waits for its answers."""

_OPTIONS: dict[str, Any] = {
    "namespace": NAMESPACE,
    "lifetime": "detached",
    "get_if_exists": True,
    "max_restarts": -1,
    "max_task_retries": 0,  # retries are ours, with the payment's own key
    "max_concurrency": CALLS_AT_ONCE_MAX,
    "num_cpus": 0,
}


def start(process: Process, generation: int) -> Any:
    """A handle of the actor, which is started unless it runs."""
    name = of_generation(process.name, generation)
    actor = ray.remote(resolve_name(process.made_by))
    return actor.options(name=name, **_OPTIONS).remote(*process.arguments, name)
