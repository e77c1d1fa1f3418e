"""Whether users are told of a record, and as what."""

from collections.abc import Collection

from headrace.runtime.journal.account_numbers import is_system_account
from headrace.runtime.journal.kinds import KINDS, RecordKind
from headrace.runtime.journal.record import Record
from headrace.runtime.journal.told import Told

_EVENTS = KINDS["event"]
EVENTS: dict[str, Told] = {
    told.type: told
    for kind in sorted(_EVENTS)
    for told in (kind.facts.told, kind.facts.told_of_movement)
    if told
}
"""All that events tell, by type."""


def told_of(record: Record) -> Told | None:
    """What a record is to users; None: it is theirs in no way."""
    facts = RecordKind(record.kind).facts
    if record.leg > 0 and facts.told_of_movement:
        return facts.told_of_movement
    return facts.told


def event_of(record: Record) -> Told | None:
    """The same of records that are events.

    Money on its way to another actor is none, nor is what the counterpart did: home tells that it
    has arrived, or has come back. So there is one event, whether it crosses or not.
    """
    return told_of(record) if record.kind in _EVENTS and not on_its_way(record) else None


def on_its_way(record: Record) -> bool:
    """Whether it sends a payment's money to another actor."""
    return RecordKind(record.kind).facts.captured > 0 and is_system_account(record.credit)


def kinds_telling(types: Collection[str]) -> frozenset[RecordKind]:
    """The kinds of records that can be events of these types."""
    return frozenset(
        kind
        for kind in _EVENTS
        for told in (kind.facts.told, kind.facts.told_of_movement)
        if told and told.type in types
    )
