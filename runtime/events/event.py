"""An event: a record of the journal, told as a CloudEvent (1.0, JSON format) in the API's words."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct, json

from headrace.runtime import ids
from headrace.runtime.clock import iso_us
from headrace.runtime.journal.kinds import Family, RecordKind, Who
from headrace.runtime.journal.record import NO_LEG, Record
from headrace.runtime.journal.states import PaymentState
from headrace.runtime.keys.tokens import Tokens
from headrace.runtime.ledger.views import details_of, reason_name, risk_of
from headrace.runtime.money import currency_code
from headrace.runtime.risk.flags import RiskFlag

PREFIX = "com.headrace."
SOURCE = "/v1/events"


TYPES = {kind: PREFIX + kind.facts.event for kind in RecordKind if kind.facts.event}
"""Of every kind of record that is an event; the others are the other side of one."""

_KINDS = {type: kind for kind, type in TYPES.items()}


class UnknownType(ValueError):
    """There are no events of this type; the argument names it."""


class Event(Struct, frozen=True, kw_only=True):
    """`subject` is the payment's or account's id."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: str
    tenant: str
    data: dict[str, Any]


def kinds_of(types: Iterable[str]) -> frozenset[RecordKind]:
    """The kinds of records with these types, each with or without its prefix.

    Raises UnknownType.
    """
    kinds = set()
    for type in types:
        kind = _KINDS.get(PREFIX + type.removeprefix(PREFIX))
        if kind is None:
            raise UnknownType(type)
        kinds.add(kind)
    return frozenset(kinds)


def event_of(
    record: Record, accounts: Mapping[int, str], tenants: Mapping[int, str], tokens: Tokens
) -> Event:
    """The event that a record is; KeyError when it is none. Names by number: see ledger.views."""
    kind = RecordKind(record.kind)
    if kind.facts.settings:
        subject = accounts[record.credit]
        data = json.decode(record.details or b"{}")
    elif kind.facts.family is Family.ACCOUNT:
        data = _funding(record, kind, accounts)
        subject = data["account"]
    else:
        subject = ids.text(record.payment)
        data = _payment(record, kind, accounts)
    data["trace_id"] = record.trace.hex()
    return Event(
        specversion="1.0",
        id=tokens.id_of(record.tenant, record.partition, record.seq),
        source=SOURCE,
        type=TYPES[kind],
        subject=subject,
        time=iso_us(record.at),
        datacontenttype="application/json",
        tenant=tenants[record.tenant],
        data=data,
    )


def _funding(record: Record, kind: RecordKind, accounts: Mapping[int, str]) -> dict[str, Any]:
    deposited = Who.ACCOUNT in kind.facts.credit.who
    return _present(
        account=accounts[record.credit if deposited else record.debit],
        amount=record.amount,
        currency=currency_code(record.currency),
        posted=record.credit_posted if deposited else record.debit_posted,
        held=record.credit_held if deposited else record.debit_held,
        **_sent_along(record),
    )


def _payment(record: Record, kind: RecordKind, accounts: Mapping[int, str]) -> dict[str, Any]:
    facts, debtor = kind.facts, None
    if Who.DEBTOR in facts.debit.who:
        debtor = accounts[record.debit]
    elif Who.DEBTOR in facts.credit.who:
        debtor = accounts[record.credit]
    data = _present(
        payment=ids.text(record.payment),
        status=PaymentState(record.state).name.lower(),
        amount=record.amount,
        currency=currency_code(record.currency),
        movement=record.leg if record.leg > 0 else None,
        debtor=debtor,
        creditor=accounts[record.creditor],
        decline_reason=reason_name(record.reason),
        expires_at=iso_us(record.expires_at) if record.expires_at else None,
        **_sent_along(record),
    )
    if facts.first:
        data["capture"] = "manual" if record.leg == NO_LEG else "automatic"
        data["occurred_at"] = iso_us(record.occurred_at)
        data["risk"] = risk_of(record)
        data["risk_degraded"] = bool(record.risk_flags & RiskFlag.DEGRADED)
    return data


def _sent_along(record: Record) -> dict[str, Any]:
    told = details_of(record.details)
    return {
        "idempotency_key": record.key,
        "reference": record.reference,
        "description": told.description,
        "metadata": told.metadata,
    }


def _present(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
