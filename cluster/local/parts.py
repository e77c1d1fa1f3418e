"""The parts of a platform on one machine, in the order of their start; they stop in reverse."""

from headrace.cluster.local.ledger_part import Ledger
from headrace.cluster.local.part import Part
from headrace.cluster.local.postgres_part import PostgreSQL
from headrace.cluster.local.ray_parts import Gateway, Ray

PARTS: tuple[type[Part], ...] = (
    PostgreSQL,
    Ledger,
    Ray,
    Gateway,
)
