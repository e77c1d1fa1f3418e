"""How long each part of a run takes."""

from collections.abc import Sequence

from msgspec import Struct


class Plan(Struct, frozen=True, kw_only=True):
    """Of one seed. Faults are names of loadtests/chaos/faults.py."""

    worlds: int
    story_operations: int
    one_actor_s: float
    three_actors_s: float
    two_actors_s: float
    bystanders_s: float
    crowd_items_max: int
    rounds: int
    """Of openings and of limits."""
    one_actor_faults: Sequence[str]
    three_actor_faults: Sequence[str]


LONG = Plan(
    worlds=6, story_operations=400, one_actor_s=15.0, three_actors_s=40.0, two_actors_s=8.0,
    bystanders_s=15.0, crowd_items_max=24_000, rounds=12,
    one_actor_faults=("actor", "gateway"),
    three_actor_faults=("actor", "postgres", "haproxy", "gateway", "connection", "actor", "risk"),
)  # fmt: skip
SHORT = Plan(
    worlds=4, story_operations=150, one_actor_s=6.0, three_actors_s=14.0, two_actors_s=4.0,
    bystanders_s=8.0, crowd_items_max=6_000, rounds=3,
    one_actor_faults=("actor",),
    three_actor_faults=("postgres", "gateway"),
)  # fmt: skip
