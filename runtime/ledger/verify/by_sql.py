"""Checks that are one SQL statement each, in the files of `sql/` by subject."""

from typing import Any

from headrace.runtime.database.connect import Connection
from headrace.runtime.database.sql_by_name import load
from headrace.runtime.journal.account_numbers import TRANSIT_IN, TRANSIT_OUT
from headrace.runtime.ledger.verify import shapes
from headrace.runtime.ledger.verify.found import Ask, Found
from headrace.runtime.money import AMOUNT_MAX, BALANCE_MAX
from headrace.runtime.payments.personal_text import SETTINGS_KINDS
from headrace.runtime.payments.states import TRANSITIONS
from headrace.runtime.risk.flags import RiskFlag

SUBJECTS = ("money", "records", "leases", "legs", "payments", "accounts")


def _moves() -> list[list[int]]:
    """The table of states as columns."""
    moves = [(t.source or 0, t.kind, t.target) for t in TRANSITIONS]
    return [list(column) for column in zip(*moves, strict=True)]


ARGUMENTS: dict[str, list[Any]] = {
    "amounts_are_within_bounds": [AMOUNT_MAX, BALANCE_MAX],
    "fields_fit_their_kind": [*shapes.fields(), sum(RiskFlag), *shapes.reasons()],
    "records_are_double_entry": shapes.parties(),
    "states_follow": _moves(),
    "texts_are_sealed": [sorted(SETTINGS_KINDS)],
    "transit_is_what_is_under_way": [[int(TRANSIT_OUT), int(TRANSIT_IN)]],
}
"""Of the statements that take some."""


def _asking(name: str, statement: str) -> Ask:
    async def ask(connection: Connection) -> Found:
        (row,) = await connection.fetch(statement, *ARGUMENTS.get(name, ()))
        return Found(**row)

    return ask


BY_SQL: dict[str, Ask] = {
    name: _asking(name, statement)
    for subject in SUBJECTS
    for name, statement in load("headrace.runtime.ledger.verify", subject).items()
}
