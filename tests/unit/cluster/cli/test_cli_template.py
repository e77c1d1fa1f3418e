import pytest

from headrace.cluster.cli.failures import BadInput
from headrace.cluster.cli.payfile.template import mapping, parse


def test_text_and_columns_mix() -> None:
    columns = {"id": [7, 8], "shop": ["a", "b"]}
    assert parse("customer-{id}").values(columns, 2) == ["customer-7", "customer-8"]
    assert parse("{shop}/{id}").values(columns, 2) == ["a/7", "b/8"]
    assert parse("EUR").values(columns, 2) == ["EUR", "EUR"]


def test_one_column_alone_keeps_its_values() -> None:
    assert parse("{amount}").values({"amount": [85.5, None]}, 2) == [85.5, None]


def test_braces_and_percent_signs_are_text() -> None:
    assert parse("{{100%}} {id}").values({"id": [1]}, 1) == ["{100%} 1"]
    assert parse("100%").values({}, 1) == ["100%"]


def test_an_absent_value_makes_no_text() -> None:
    columns = {"id": [7, None], "shop": [None, "b"]}
    assert parse("c-{id}").values(columns, 2) == ["c-7", None]
    assert parse("{shop}-{id}").values(columns, 2) == [None, None]
    assert parse("c-{other}").values(columns, 2) == [None, None]


@pytest.mark.parametrize("template", ["{", "}", "{}", "{id!r}", "{id:>5}", "{id"])
def test_other_uses_of_braces_are_refused(template: str) -> None:
    with pytest.raises(BadInput, match="template"):
        parse(template)


COLUMNS = ["idempotency_key", "debtor", "creditor", "amount", "cur", "reference"]


def test_fields_not_mapped_come_from_columns_of_their_name() -> None:
    found = mapping(["currency={cur}"], COLUMNS)
    assert found.templates["debtor"].columns == ("debtor",)
    assert "metadata" not in found.templates
    assert sorted(found.columns) == sorted(COLUMNS)


def test_a_field_without_a_column_is_asked_for() -> None:
    with pytest.raises(BadInput, match="no currency column: map it"):
        mapping([], COLUMNS)


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("currency", "FIELD=TEMPLATE"),
        ("colour={cur}", "FIELD=TEMPLATE"),
        ("currency={curr}", "no column curr;"),
    ],
)
def test_mistakes_in_options_are_named(option: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        mapping([option], COLUMNS)


def test_a_field_is_mapped_once() -> None:
    with pytest.raises(BadInput, match="mapped twice"):
        mapping(["currency={cur}", "currency=EUR"], COLUMNS)
