"""Rules from a configuration file: conditions on features, and what follows when all hold.

    [[rules]]
    name = "huge amount"
    effect = "review"                        # or "reject", or "explain"
    flag = "rule_amount"                     # a RiskFlag in lower case
    when.amount = { at_least = 20_000.0 }    # features by name, see features.py for the units
    when.debtor_count_30d = { below = 3.0 }

A rule that reviews or rejects also sets `rule_review` or `rule_reject`. One that only explains
decides nothing: it adds its flag to payments which something else stopped.
"""

from operator import ge, lt
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from msgspec import DecodeError, Struct, ValidationError, toml
from numpy.typing import NDArray

from headrace.runtime.risk.features import FEATURES, Matrix
from headrace.runtime.risk.flags import RiskFlag
from headrace.runtime.risk.policy import Flags, Outcomes, RiskOutcome

PACKAGED_RULES = Path(__file__).with_name("rules.toml")


class RulesError(Exception):
    """A rules file cannot be used; the message says which rule and why."""


class Bounds(Struct, frozen=True, forbid_unknown_fields=True):
    """at_least <= value < below; a bound that is not given does not bind."""

    at_least: float | None = None
    below: float | None = None


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """One rule as the file has it."""

    name: str
    effect: Literal["explain", "review", "reject"]
    flag: str
    when: dict[str, Bounds]


class _RulesFile(Struct, frozen=True, forbid_unknown_fields=True):
    rules: list[Rule]


class _Condition(NamedTuple):
    column: int
    bound: np.float32
    at_least: bool


class _Compiled(NamedTuple):
    outcome: RiskOutcome
    flags: RiskFlag
    conditions: tuple[_Condition, ...]


_EFFECTS = {
    "explain": (RiskOutcome.ACCEPT, RiskFlag(0)),
    "review": (RiskOutcome.REVIEW, RiskFlag.RULE_REVIEW),
    "reject": (RiskOutcome.REJECT, RiskFlag.RULE_REJECT),
}


class Rules:
    """Compiled rules, evaluated for a whole batch at a time."""

    def __init__(self, rules: list[Rule]) -> None:
        compiled = [_compile(rule) for rule in rules]
        self._deciding = [c for c in compiled if c.outcome]
        self._explaining = [c for c in compiled if not c.outcome]

    def apply(self, matrix: Matrix, outcomes: Outcomes, flags: Flags) -> None:
        """Raises outcomes and adds flags, in place; never lowers or removes any."""
        for rule in self._deciding:
            holds = _holds(rule, matrix)
            if holds.any():
                np.maximum(outcomes, holds * np.uint8(rule.outcome), out=outcomes)
                flags |= holds * np.int32(rule.flags)
        stopped = outcomes > 0
        if stopped.any():
            for rule in self._explaining:
                flags |= (stopped & _holds(rule, matrix)) * np.int32(rule.flags)


def load(path: Path = PACKAGED_RULES) -> Rules:
    """The rules of a TOML file; RulesError when they make no sense."""
    try:
        return Rules(toml.decode(path.read_bytes(), type=_RulesFile).rules)
    except (OSError, ValidationError, DecodeError, RulesError) as error:
        raise RulesError(f"{path}: {error}") from error


def _compile(rule: Rule) -> _Compiled:
    flag = RiskFlag.__members__.get(rule.flag.upper())
    if flag is None:
        raise RulesError(f"rule {rule.name!r}: no such flag as {rule.flag!r}")
    outcome, effect_flag = _EFFECTS[rule.effect]
    conditions = []
    for name, bounds in rule.when.items():
        if name not in FEATURES:
            raise RulesError(f"rule {rule.name!r}: no such feature as {name!r}")
        for bound, at_least in ((bounds.at_least, True), (bounds.below, False)):
            if bound is not None:
                conditions.append(_Condition(FEATURES.index(name), np.float32(bound), at_least))
    if not conditions:
        raise RulesError(f"rule {rule.name!r}: has no bound and would hold for every payment")
    return _Compiled(outcome, flag | effect_flag, tuple(conditions))


def _holds(rule: _Compiled, matrix: Matrix) -> NDArray[np.bool_]:
    holds = np.ones(len(matrix), np.bool_)
    for column, bound, at_least in rule.conditions:
        holds &= (ge if at_least else lt)(matrix[:, column], bound)
    return holds
