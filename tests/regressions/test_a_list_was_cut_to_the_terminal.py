"""Lists were squeezed into the terminal: one letter a line at 80 columns, `0.10 E` at 60.

| door                      | input                               |                                |
|---------------------------|-------------------------------------|--------------------------------|
| payment list              | 80, 60, 40 columns                  | found: letters, cuts           |
| account list, entries     | 60, 40 columns, 16 digits           | found: cuts                    |
| key, tenant, leg list     | 60, 40 columns                      | found: cuts                    |
| payment show: timeline    | 80, 40 columns                      | found: columns dropped         |
| one thing's fields        | 40 columns, an id of 128 characters | found: id broken               |
| letters two columns wide  | 日本語 in a column before others    | clean                          |
| no terminal               | lines over 240 columns              | found: cut                     |
| verify through a pipe     | a detail over 80 columns            | found: broken                  |
| times                     | pasted into `--at`, `--from`        | found: no zone, and up to a    |
|                           |                                     | second before the record       |
"""

from io import StringIO
from typing import Any

import pytest
from rich.cells import cell_len, set_cell_size
from rich.console import RenderableType

from headrace.cluster.cli.verify import Shown
from headrace.cluster.cli.view import AMOUNTS, Rows, Screen, fields, rows, screen
from headrace.runtime.verify import Check

ID = "01993c1e-7d2a-7c3b-9f00-52a1c0de000{}"
TIME = "2026-11-28T12:21:51.123456Z"
MOST = 9_000_000_000_000_000
LONG = "x" * 38

LISTS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "payments": (
        {
            "id": ID, "status": "partially_refunded", "debtor": "customer-17",
            "creditor": "marketplace:merchant-3", "amount": MOST, "currency": "EUR",
            "decline_reason": "insufficient_funds", "created_at": TIME,
        },
        ("id", "status", "debtor", "creditor", "amount", "decline_reason", "created_at"),
    ),
    "accounts": (
        {
            "id": LONG, "currency": "KWD", "posted": -MOST, "held": MOST, "available": MOST,
            "state": "frozen",
        },
        ("id", "currency", "posted", "held", "available", "state"),
    ),
    "entries": (
        {
            "at": TIME, "kind": "payment", "amount": 10, "posted": MOST, "currency": "EUR",
            "counterparty": "日本語", "payment": ID, "reference": "order 1187 of November",
        },
        ("at", "kind", "amount", "posted", "counterparty", "payment", "reference"),
    ),
    "keys": (
        {"id": ID, "role": "administrator", "label": "till 7", "created_at": TIME},
        ("id", "role", "label", "created_at", "expires_at"),
    ),
}  # fmt: skip


def lines(what: RenderableType, width: int) -> list[str]:
    console = Screen(file=StringIO(), width=width, markup=False)
    console.print(what, soft_wrap=True)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().removesuffix("\n").split("\n")


def listed(name: str) -> tuple[RenderableType, list[dict[str, Any]]]:
    item, columns = LISTS[name]
    items = [
        {k: v.format(i) if isinstance(v, str) else v for k, v in item.items()} for i in range(3)
    ]
    return rows(items, columns), items


@pytest.mark.parametrize("width", [1, 20, 40, 60, 80, 100, 120, 240])
@pytest.mark.parametrize("name", LISTS)
def test_no_value_is_cut_at_any_width(name: str, width: int) -> None:
    what, items = listed(name)
    text = "\n".join(lines(what, width))
    for item in items:
        for column, value in item.items():
            if isinstance(value, str) and " " not in value and column != "currency":
                assert value in text
    if name != "keys":
        whole = "9000000000000.000 KWD" if name == "accounts" else "90000000000000.00 EUR"
        assert text.count(whole) >= len(items)


@pytest.mark.parametrize("name", LISTS)
def test_at_forty_columns_records_stand_one_under_another(name: str) -> None:
    what, items = listed(name)
    told = lines(what, 40)
    assert max(map(cell_len, told)) <= 40
    assert told.count("") == len(items) - 1
    labels = [line.split("  ")[0] for line in told[: told.index("")] if line[0] != " "]
    assert labels == [column.replace("_", " ") for column in LISTS[name][1] if column in items[0]]


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("width", [60, 80])
def test_at_eighty_every_line_says_a_whole_thing(name: str, width: int) -> None:
    told = lines(listed(name)[0], width)
    assert max(map(cell_len, told)) <= width
    assert all(len(line.split()) > 1 for line in told if line)


@pytest.mark.parametrize("name", LISTS)
def test_where_there_is_room_a_record_is_a_line(name: str) -> None:
    what, items = listed(name)
    header, *told = lines(what, 240)
    assert len(told) == len(items)
    for column in LISTS[name][1]:
        if column in items[0] and column not in AMOUNTS:
            at = header.index(column.replace("_", " "))
            for line, item in zip(told, items, strict=True):
                assert set_cell_size(line, at) + str(item[column]) in line


def test_columns_stand_under_each_other_whatever_letters_they_hold() -> None:
    told = lines(Rows([{"a": "日本", "b": "x"}, {"a": "abcd", "b": "x"}], ("a", "b")), 40)
    assert told == ["a     b", "日本  x", "abcd  x"]


@pytest.mark.parametrize("width", [40, 80])
def test_one_things_fields_are_not_cut_either(width: int) -> None:
    text = "A description of many words that goes on for more than a line of any terminal there is"
    thing = {"id": "x" * 128, "payment": ID, "amount": MOST, "currency": "EUR", "description": text}
    told = lines(fields(thing), width)
    for value in ("x" * 128, ID, "90000000000000.00 EUR"):
        assert any(value in line for line in told)
    assert " ".join(" ".join(told).split()).endswith(text)
    assert {cell_len(line) > width for line in told if "x" * 128 not in line} == {False}


def test_times_are_shown_as_the_api_takes_them() -> None:
    for what in (rows([{"at": TIME}], ("at",)), fields({"at": TIME})):
        assert TIME in "\n".join(lines(what, 40))


def test_through_a_pipe_a_line_is_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    with Shown(screen(), 1) as shown:
        shown.begun("x")
        shown.ended(Check("x", "fail", "y " * 200, "z"))
    screen().print(rows([{"id": "x" * 300, "label": "y " * 300}], ("id", "label")))
    assert len(capsys.readouterr().out.splitlines()) == 3
    monkeypatch.setenv("COLUMNS", "40")
    assert screen().width == 40
