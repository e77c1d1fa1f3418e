from io import StringIO

from rich.console import Console, RenderableType

from headrace.cluster.cli.view import fields, money, rows


def shown(what: RenderableType) -> str:
    console = Console(file=StringIO(), width=120)
    console.print(what)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]  # a console on a StringIO


def test_money_has_its_currencys_decimals() -> None:
    assert money(8565, "EUR") == "85.65 EUR"
    assert money(-5, "EUR") == "-0.05 EUR"
    assert money(1250, "JPY") == "1250 JPY"
    assert money(1250, "KWD") == "1.250 KWD"
    assert money(1250, "???") == "1250 ???"


def test_fields_leave_out_what_has_no_value_and_show_text_as_it_is() -> None:
    text = shown(fields({"id": "[red]a[/red]", "currency": "EUR", "posted": 100, "held": None}))
    assert "[red]a[/red]" in text
    assert "1.00 EUR" in text
    assert "held" not in text


def test_rows_leave_out_empty_columns() -> None:
    text = shown(rows([{"id": "a", "label": None}, {"id": "b"}], ("id", "label")))
    assert "label" not in text
    assert "none" in shown(rows([], ("id",)))


def test_what_holds_nothing_is_not_shown() -> None:
    thing = {
        "id": "a",
        "limits": {"payment_max": 0, "x": None},
        "risk": {"score": 1, "reasons": []},
    }
    assert shown(fields(thing)).split() == ["id", "a", "risk", "score=1"]
    assert "label" not in shown(rows([{"id": "a", "label": ""}], ("id", "label")))
