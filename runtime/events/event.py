"""An event: a record of the journal, told as a CloudEvent (1.0, JSON format) in the API's words."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct, json

from headrace.runtime import ids
from headrace.runtime.clock import iso_us
from headrace.runtime.journal import telling
from headrace.runtime.journal.kinds import Family, RecordKind, Who
from headrace.runtime.journal.record import NO_LEG, Record
from headrace.runtime.journal.states import PaymentState
from headrace.runtime.journal.telling import EVENTS
from headrace.runtime.keys.tokens import Tokens
from headrace.runtime.ledger.origins import Origins
from headrace.runtime.ledger.views import details_of, reason_name, risk_of
from headrace.runtime.money import currency_code
from headrace.runtime.risk.flags import RiskFlag

PREFIX = "com.headrace."
SOURCE = "/v1/events"


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


def types_of(asked: Iterable[str]) -> frozenset[str]:
    """Types without their prefix, each asked for with or without it. Raises UnknownType."""
    types = set()
    for type in asked:
        name = type.removeprefix(PREFIX)
        if name not in EVENTS:
            raise UnknownType(type)
        types.add(name)
    return frozenset(types)


def event_of(
    record: Record, origins: Origins, accounts: Mapping[int, str], tenants: Mapping[int, str],
    tokens: Tokens,
) -> Event:  # fmt: skip
    """The event that a record is; KeyError when it is none. Names by number: see ledger.views."""
    told = telling.event_of(record)
    if told is None:
        raise KeyError(record.kind)
    kind = RecordKind(record.kind)
    if kind.facts.settings:
        subject = accounts[record.credit]
        data = json.decode(record.details or b"{}")
    elif kind.facts.family is Family.ACCOUNT:
        data = _funding(record, kind, accounts)
        subject = data["account"]
    else:
        subject = ids.text(record.payment)
        data = _payment(record, origins, accounts)
    data["trace_id"] = record.trace.hex()
    return Event(
        specversion="1.0",
        id=tokens.id_of(record.tenant, record.partition, record.seq),
        source=SOURCE,
        type=PREFIX + told.type,
        subject=subject,
        time=iso_us(record.at),
        datacontenttype="application/json",
        tenant=tenants[record.tenant],
        data=data,
    )


def _funding(record: Record, kind: RecordKind, accounts: Mapping[int, str]) -> dict[str, Any]:
    deposited = Who.ACCOUNT in kind.facts.credit.who
    texts = details_of(record.details)
    return _present(
        account=accounts[record.credit if deposited else record.debit],
        amount=record.amount,
        currency=currency_code(record.currency),
        posted=record.credit_posted if deposited else record.debit_posted,
        held=record.credit_held if deposited else record.debit_held,
        idempotency_key=record.key,
        reference=record.reference,
        description=texts.description,
        metadata=texts.metadata,
    )


def _payment(record: Record, origins: Origins, accounts: Mapping[int, str]) -> dict[str, Any]:
    first, asked = origins.first(record), origins.asked(record)
    texts = details_of(first.details)
    data = _present(
        payment=ids.text(record.payment),
        status=PaymentState(record.state).name.lower(),
        amount=record.amount,
        currency=currency_code(record.currency),
        movement=record.leg if record.leg > 0 else None,
        debtor=accounts[first.debit],
        creditor=accounts[record.creditor],
        decline_reason=reason_name(record.reason),
        expires_at=iso_us(record.expires_at) if record.expires_at else None,
        idempotency_key=asked.key,
        reference=first.reference,
        description=texts.description,
        metadata=texts.metadata,
    )
    if RecordKind(asked.kind).facts.first:
        data["capture"] = "manual" if first.leg == NO_LEG else "automatic"
        data["occurred_at"] = iso_us(first.occurred_at)
        data["risk"] = risk_of(first)
        data["risk_degraded"] = bool(first.risk_flags & RiskFlag.DEGRADED)
    return data


def _present(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
