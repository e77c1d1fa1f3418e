"""What SQL is told of kinds, states, reasons and account numbers: words that stand for figures.

`:kind(captured)` is one number, `:kinds(opens_leg)` a list of them in brackets, `:family(payment)`
the first and the last number of a family, as BETWEEN has them; so `:state()`, `:states()`,
`:reason()`, `:account_state()`, and `:number()` of account numbers. Figures are put in when a file
is read, so that PostgreSQL plans with constants and partial indexes are found.
"""

import re
from collections.abc import Callable, Iterable

from headrace.runtime.journal import account_numbers
from headrace.runtime.journal.kinds import KINDS, Family, RecordKind
from headrace.runtime.journal.reasons import DeclineReason
from headrace.runtime.journal.states import STATES, AccountState, PaymentState

_PLACEHOLDER = re.compile(r"(?<!:):(\w+)\((\w+)\)")


class UnknownWord(ValueError):
    """SQL names something that the tables don't have, such as `:kind(nothing)`."""


def _several(numbers: Iterable[int]) -> str:
    return f"({', '.join(str(int(number)) for number in sorted(numbers))})"


WORDS: dict[str, Callable[[str], str]] = {
    "kind": lambda name: str(int(RecordKind[name.upper()])),
    "kinds": lambda name: _several(KINDS[name]),
    "family": lambda name: "{} AND {}".format(*Family[name.upper()].value),
    "state": lambda name: str(int(PaymentState[name.upper()])),
    "states": lambda name: _several(STATES[name]),
    "reason": lambda name: str(int(DeclineReason[name.upper()])),
    "account_state": lambda name: str(int(AccountState[name.upper()])),
    "number": lambda name: str(account_numbers.NUMBERS[name]),
}
"""By what stands before the bracket."""


def expand(sql: str) -> str:
    """The SQL with figures for words. Raises UnknownWord."""
    return _PLACEHOLDER.sub(_figure, sql)


def _figure(found: re.Match[str]) -> str:
    what, name = found.groups()
    try:
        return WORDS[what](name)
    except KeyError as error:
        raise UnknownWord(found[0]) from error
