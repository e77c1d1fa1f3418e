"""The areas that keep something in the database: a line each, in the order of their migrations.

An area stands after those whose tables its own refer to.
"""

from headrace.runtime.database.area import Area
from headrace.runtime.database.platform import DATABASE
from headrace.runtime.events.area import EVENTS
from headrace.runtime.following.area import FOLLOWING
from headrace.runtime.identity.area import IDENTITY
from headrace.runtime.keys.area import KEYS
from headrace.runtime.ledger.area import LEDGER
from headrace.runtime.risk.area import RISK

AREAS: tuple[Area, ...] = (
    DATABASE,
    IDENTITY,
    KEYS,
    FOLLOWING,
    LEDGER,
    RISK,
    EVENTS,
)
