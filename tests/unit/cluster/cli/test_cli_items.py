from decimal import Decimal
from typing import Any

import pytest
from msgspec import json

from headrace.cluster.cli.payfile.chunk import Chunk, from_objects
from headrace.cluster.cli.payfile.items import Mapped, PaymentItem, Refused, map_rows, utc
from headrace.cluster.cli.payfile.template import mapping


def tabular(columns: dict[str, list[Any]], *maps: str) -> Mapped:
    size = len(next(iter(columns.values())))
    return map_rows(Chunk(range(1, size + 1), columns, {}, size), mapping(maps, list(columns)))


def from_json(*rows: dict[str, Any] | None, maps: tuple[str, ...] = ()) -> Mapped:
    return map_rows(from_objects(range(1, len(rows) + 1), list(rows), {}, 0), mapping(maps, None))


ROW = {
    "idempotency_key": "k1", "debtor": "a", "creditor": "b", "amount": 1250, "currency": "EUR"
}  # fmt: skip


def test_a_card_transaction() -> None:
    mapped = tabular(
        {
            "transaction_id": [0, 1],
            "tx_datetime": ["2018-04-01T00:00:31.000000Z", "2018-04-01T00:02:10.000000Z"],
            "customer_id": [596, 4961],
            "terminal_id": [3156, 3412],
            "tx_amount": [85.64999999999999, 0.0],
        },
        "debtor=customer-{customer_id}",
        "creditor=terminal-{terminal_id}",
        "amount={tx_amount}",
        "currency=EUR",
        "idempotency_key={transaction_id}",
        "occurred_at={tx_datetime}",
    )
    item, refused = mapped.items
    assert item == PaymentItem(
        "0", "customer-596", "terminal-3156", 8565, "EUR", "2018-04-01T00:00:31.000000Z"
    )
    assert refused is None
    assert mapped.refused == {1: Refused("invalid_amount", "amount", "must be greater than zero")}
    assert mapped.keys == ["0", "1"]


def test_only_what_is_given_is_sent() -> None:
    (item,) = from_json(ROW).items
    assert json.decode(json.encode(item)) == ROW


def test_json_amounts_are_minor_units_unless_mapped() -> None:
    assert from_json(ROW).items[0].amount == 1250  # type: ignore[union-attr]  # its rows are payments
    (mapped,) = from_json(ROW, maps=("amount={amount}",)).items
    assert mapped is not None
    assert mapped.amount == 125_000


@pytest.mark.parametrize("amount", [12.5, Decimal("12.50"), "1250", 0, -1, None, True, [1]])
def test_json_amounts_that_the_api_would_not_take(amount: object) -> None:
    mapped = from_json(ROW | {"amount": amount})
    assert mapped.items == [None]
    assert (mapped.refused[0].code, mapped.refused[0].field) == ("invalid_amount", "amount")


def test_whole_numbers_in_a_table_are_major_units() -> None:
    columns = {name: [value] for name, value in ROW.items()}
    (item,) = tabular(columns).items
    assert item is not None
    assert item.amount == 125_000


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"idempotency_key": None}, "idempotency_key_missing", "idempotency_key"),
        ({"debtor": None}, "invalid_field", "debtor"),
        ({"debtor": 7}, "invalid_field", "debtor"),
        ({"currency": None}, "unknown_currency", "currency"),
        ({"currency": "XYZ"}, "unknown_currency", "currency"),
        ({"occurred_at": "yesterday"}, "invalid_field", "occurred_at"),
        ({"expires_in_s": "soon"}, "invalid_field", "expires_in_s"),
        ({"metadata": "{"}, "invalid_field", "metadata"),
        ({"colour": "red"}, "invalid_field", "colour"),
    ],
)
def test_what_cannot_be_a_payment_is_refused_with_its_field(
    change: dict[str, Any], code: str, field: str
) -> None:
    mapped = from_json(ROW, ROW | change)
    assert mapped.items[0] is not None
    assert mapped.items[1] is None
    assert list(mapped.refused) == [1]
    assert (mapped.refused[1].code, mapped.refused[1].field) == (code, field)


def test_extra_columns_are_what_templates_are_for() -> None:
    row = ROW | {"colour": "red"}
    (item,) = from_json(row, maps=("reference={colour}",)).items
    assert item is not None
    assert item.reference == "red"


def test_rows_that_could_not_be_read_are_refused() -> None:
    chunk = from_objects([1, 2], [ROW, None], {1: "nonsense"}, 0)
    mapped = map_rows(chunk, mapping([], None))
    assert mapped.refused == {1: Refused("malformed_row", "", "nonsense")}


def test_metadata_comes_as_object_text_or_pairs() -> None:
    columns = {name: [value] * 3 for name, value in ROW.items()}
    columns["metadata"] = [{"a": "1"}, '{"a": "1"}', [("a", "1")]]
    for item in tabular(columns).items:
        assert item is not None
        assert item.metadata == {"a": "1"}


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("2018-04-01 00:00:31", "2018-04-01T00:00:31+00:00"),
        ("2018-04-01", "2018-04-01T00:00:00+00:00"),
        ("2018-04-01T00:00:31Z", "2018-04-01T00:00:31+00:00"),
        ("2018-04-01T02:00:31+02:00", "2018-04-01T02:00:31+02:00"),
    ],
)
def test_times_without_an_offset_are_utc(written: str, sent: str) -> None:
    assert utc(written) == sent
