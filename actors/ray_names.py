"""The names by which our actors are found in a Ray cluster, whoever asks.

A process without a namespace of its own gets one from its job, and a deployment's job is whoever
deployed it: `headrace up` here, Serve's REST API under KubeRay. So each look-up names ours.
"""

from typing import Any

import ray

NAMESPACE = "headrace"


def partition_name(index: int, generation: int) -> str:
    """`account-partition-0`; a successor beside a stuck one is `account-partition-0.1`."""
    return f"account-partition-{index}" + (f".{generation}" if generation else "")


def find(name: str) -> Any:
    """An actor's handle; ValueError when there is none with this name."""
    return ray.get_actor(name, namespace=NAMESPACE)


def running() -> set[str]:
    """The names of all our actors that there are."""
    named = ray.util.list_named_actors(all_namespaces=True)
    return {actor["name"] for actor in named if actor["namespace"] == NAMESPACE}
