"""The ledger's own words for small numbers: what differs is found, told and put right."""

from typing import Any

import pytest
from msgspec import json

from headrace.runtime.database.check import Found
from headrace.runtime.journal.kinds import RecordKind, kind_rows
from headrace.runtime.journal.states import PaymentState, state_rows
from headrace.runtime.ledger import names

OURS = names.currencies()
NEWER = {"number": 9_999, "name": "newer"}


def ledger(told, without: Any = (), **tables: Any) -> Any:
    """Whose tables are as they should be, but for currencies by code and tables given here."""
    rows = {
        "kinds": list(kind_rows().values()),
        "states": list(state_rows().values()),
        "currencies": [row for row in OURS if row[1] not in without],
    }
    return told(names.SQL, **(rows | tables))


def test_currencies_have_the_minor_units_of_iso_4217() -> None:
    assert {(978, "EUR", 2), (392, "JPY", 0), (48, "BHD", 3)} <= set(OURS)
    assert all(number > 0 and len(code) == 3 for number, code, _ in OURS)


async def test_tables_as_they_were_written_do_not_differ(told) -> None:
    found = Found(f"{len(OURS)} currencies", 0, None)
    assert await names.tables_differ(ledger(told)) == found
    kinds = [*kind_rows().values(), NEWER]
    assert await names.tables_differ(ledger(told, kinds=kinds)) == found, "a newer version's row"


async def test_the_first_currency_that_is_not_there_is_told(told) -> None:
    first, second = OURS[3][1], OURS[7][1]
    found = await names.tables_differ(ledger(told, {second, first}))
    assert found == Found(f"{len(OURS) - 2} currencies", 2, first)


async def test_a_currency_with_other_units_is_wrong(told) -> None:
    rows = [(number, code, units + (code == "EUR")) for number, code, units in OURS]
    found = await names.tables_differ(ledger(told, currencies=rows))
    assert (found.wrong, found.first) == (1, "EUR")


CHANGED = {
    "kinds": {k: {**row, "explains": True} if k == RecordKind.SETTLED else row
              for k, row in kind_rows().items() if k != RecordKind.HELD},
    "states": {s: {**row, "open": False} if s == PaymentState.CAPTURED else row
               for s, row in state_rows().items()},
}  # fmt: skip


@pytest.mark.parametrize(
    ("table", "numbers"),
    [
        ("kinds", [RecordKind.SETTLED, RecordKind.HELD]),
        ("states", [PaymentState.CAPTURED]),
    ],
)
async def test_rows_that_are_missing_or_say_something_else_are_told(
    told, table: str, numbers: list[int]
) -> None:
    db = ledger(told, **{table: list(CHANGED[table].values())})
    found = await names.tables_differ(db)
    assert (found.wrong, found.first) == (len(numbers), f"{table} {int(numbers[0])}")


async def test_only_what_differs_is_written_again(told) -> None:
    db = ledger(told, kinds=list(CHANGED["kinds"].values()))
    await names.write_tables(db)
    drop, write, currencies = db.asked[2:]
    assert drop == ("drop_kinds", ([RecordKind.SETTLED, RecordKind.HELD],))
    assert write[0] == "write_kinds"
    assert json.decode(write[1][0]) == [
        kind_rows()[kind] for kind in (RecordKind.SETTLED, RecordKind.HELD)
    ]
    assert currencies == (
        "write_currencies",
        ([n for n, _, _ in OURS], [code for _, code, _ in OURS], [units for _, _, units in OURS]),
    )
