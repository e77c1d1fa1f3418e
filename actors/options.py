"""How our actors run in Ray: names, restarts, concurrency. The only place that wraps them."""

from typing import Any

import ray

from headrace.actors.creditor_profiles import CREDITOR_PROFILES, CreditorProfiles
from headrace.actors.partition_process import PartitionProcess
from headrace.actors.ray_names import NAMESPACE, partition_name

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

AccountPartitionActor = ray.remote(PartitionProcess)
CreditorProfilesActor = ray.remote(CreditorProfiles)


def start_partition(index: int, generation: int) -> Any:
    """A handle of the actor, which is started unless it runs."""
    name = partition_name(index, generation)
    return AccountPartitionActor.options(name=name, **_OPTIONS).remote(index, name)


def start_creditor_profiles(*arguments: Any) -> Any:
    """The same for the store of creditors' windows."""
    return CreditorProfilesActor.options(name=CREDITOR_PROFILES, **_OPTIONS).remote(*arguments)
