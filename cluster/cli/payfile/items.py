"""Rows made payments: values fitted to the API's types, what doesn't fit refused with its reason.

Codes are the API's. What is left to the platform to judge (lengths, accounts, keys used twice)
is sent as it is.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from msgspec import Struct

from headrace.cluster.cli.amount import AmountRefused, converter
from headrace.cluster.cli.payfile.chunk import Chunk
from headrace.cluster.cli.payfile.decimalsign import AsPoint, with_point
from headrace.cluster.cli.payfile.jsonobject import read_object, unique
from headrace.cluster.cli.payfile.spelling import speller
from headrace.cluster.cli.payfile.template import FIELDS, REQUIRED, Mapping, Template
from headrace.cluster.cli.payfile.unfit import Unfit, shown

NAMES = frozenset({"idempotency_key", "debtor", "creditor", "currency", "reference"})
"""Fields that name something, so that another spelling would name something else."""
FREE_TEXT = frozenset({"capture", "description"})


class PaymentItem(Struct, omit_defaults=True, gc=False):
    """One item of POST /v1/payment-batches."""

    idempotency_key: str
    debtor: str
    creditor: str
    amount: int
    currency: str
    occurred_at: str | None = None
    capture: str | None = None
    expires_in_s: int | None = None
    reference: str | None = None
    description: str | None = None
    metadata: dict[str, str] | None = None


class Refused(NamedTuple):
    """Why a row got no payment."""

    code: str
    field: str
    reason: str


class Mapped(NamedTuple):
    """A chunk's payments; `items[i]` is None where `refused[i]` says why."""

    rows: Sequence[int]
    """Their numbers in the file."""
    items: list[PaymentItem | None]
    keys: list[str | None]
    refused: dict[int, Refused]
    position: int
    lines: Sequence[int] | None = None


def map_rows(chunk: Chunk, mapping: Mapping, as_point: AsPoint = with_point) -> Mapped:
    """The payments of a chunk's rows, amounts in text read by `as_point`."""
    size = chunk.size
    refused = {i: Refused("malformed_row", "", why) for i, why in chunk.broken.items()}
    values = {
        field: _filled(field, template, chunk, mapping, refused)
        for field, template in mapping.templates.items()
        if not template.columns or any(name in chunk.columns for name in template.columns)
    }
    none: list[Any] = [None] * size
    for field in REQUIRED:
        if None in values.setdefault(field, none):
            _refuse_missing(field, values[field], mapping, refused)
    as_sent = chunk.minor_units
    if as_sent and not mapping.given:
        _refuse_unknown(chunk, refused)
    minor = as_sent and "amount" not in mapping.given
    amounts = _amounts(values["amount"], values["currency"], minor, as_point, refused)
    values["amount"] = list(amounts)
    for field, fit in OPTIONAL.items():
        if field in values:
            values[field] = _fitted(field, values[field], fit, refused)
    columns = (values.get(field, none) for field in PaymentItem.__struct_fields__)
    items: list[PaymentItem | None] = [PaymentItem(*row) for row in zip(*columns, strict=True)]
    for i in refused:
        items[i] = None
    keys = values["idempotency_key"]
    return Mapped(chunk.rows, items, keys, refused, chunk.position, chunk.lines)


def _filled(
    field: str, template: Template, chunk: Chunk, mapping: Mapping, refused: dict[int, Refused]
) -> list[Any]:
    """A field's values, those of columns that become text spelled as text."""
    columns = chunk.columns
    if template.makes_text or field in NAMES | FREE_TEXT:
        as_sent = chunk.minor_units and field not in mapping.given
        columns = {
            name: _fitted(
                field,
                columns[name],
                _string if as_sent else speller(chunk.types.get(name), field not in NAMES),
                refused,
            )
            for name in template.columns
            if name in columns
        }
    return template.values(columns, chunk.size)


def _refuse_missing(
    field: str, values: list[Any], mapping: Mapping, refused: dict[int, Refused]
) -> None:
    code = {
        "amount": "invalid_amount",
        "currency": "unknown_currency",
        "idempotency_key": "idempotency_key_missing",
    }.get(field, "invalid_field")
    columns = mapping.templates[field].columns
    why = f"no value ({', '.join(columns)})" if columns != (field,) else "no value"
    for i, value in enumerate(values):
        if value is None:
            refused.setdefault(i, Refused(code, field, why))


def _refuse_unknown(chunk: Chunk, refused: dict[int, Refused]) -> None:
    for name, values in chunk.columns.items():
        if name not in FIELDS:
            for i, value in enumerate(values):
                if value is not None:
                    refused.setdefault(i, Refused("invalid_field", name, "no field of a payment"))


def _amounts(
    values: list[Any],
    currencies: list[Any],
    minor: bool,
    as_point: AsPoint,
    refused: dict[int, Refused],
) -> Iterator[int]:
    known: dict[str, Callable[[Any], int]] = {}
    for i, value in enumerate(values):
        if i in refused:
            yield 0
            continue
        currency = currencies[i]
        try:
            convert = known.get(currency)
            if convert is None:
                convert = known[currency] = converter(currency)
            yield _minor_units(value) if minor else convert(as_point(value))
        except AmountRefused as error:
            field = "currency" if error.code == "unknown_currency" else "amount"
            refused[i] = Refused(error.code, field, error.reason)
            yield 0


def _minor_units(value: Any) -> int:
    if type(value) is not int:
        reason = (
            f"{value} is no whole number of minor units; decimals of major units need --map amount"
        )
        raise AmountRefused("invalid_amount", reason)
    if value <= 0:
        raise AmountRefused("invalid_amount", "must be greater than zero")
    return value


def _fitted(
    field: str, values: list[Any], fit: Callable[[Any], Any], refused: dict[int, Refused]
) -> list[Any]:
    """The values made to fit; None stays None."""
    fitted: list[Any] = []
    for i, value in enumerate(values):
        try:
            fitted.append(value if value is None else fit(value))
        except Unfit as error:
            refused.setdefault(i, Refused("invalid_field", field, str(error)))
            fitted.append(None)
    return fitted


def _string(value: Any) -> str:
    if type(value) is str:
        return value
    raise Unfit("must be a string")


def _whole(value: Any) -> int:
    if type(value) is int:
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    if type(value) is float and value.is_integer() and abs(value) < 2**53:
        return int(value)
    raise Unfit(f"{shown(value)} is no whole number")


def utc(value: Any) -> str:
    """ISO 8601 with an offset; a time without one is UTC."""
    if isinstance(value, str):
        if len(value) == 27 and value[26] == "Z" and value[10] == "T":
            return value  # as the Parquet reader writes it
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            pass
        else:
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
    raise Unfit(f"{shown(value)} is no ISO 8601 time")


def _object(value: Any) -> dict[str, str]:
    if isinstance(value, str):
        value = read_object(value)
    elif isinstance(value, list):  # a Parquet map: pairs
        value = unique(value)
    if not isinstance(value, dict):
        raise Unfit("is no JSON object")
    for name, text in value.items():
        if type(name) is not str or type(text) is not str:
            raise Unfit(f"{name}: {shown(text)} is no text")
    return value


OPTIONAL: dict[str, Callable[[Any], Any]] = {
    "occurred_at": utc,
    "expires_in_s": _whole,
    "metadata": _object,
}
