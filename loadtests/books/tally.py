"""What a run did, and what it holds against the platform."""

import json
import sys
from collections import Counter
from typing import Any

from msgspec import Struct

TOLD_MAX = 8
"""Violations of one world or scenario that are printed as they come; all are counted."""


class Violation(Struct, frozen=True, kw_only=True):
    """An answer that the documentation does not allow. `seed`, `where` and `number` find it again:
    what was sent before it follows from them."""

    seed: int
    where: str
    number: int
    request: str
    expected: str
    got: str

    def __str__(self) -> str:
        return (
            f"seed {self.seed}, {self.where}, operation {self.number}: {self.request}\n"
            f"    expected {self.expected}\n    got      {self.got}"
        )


class Tally:
    """One seed's figures; scenarios add to it."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.operations = 0
        """Answers for good: each request, and each item of a batch."""
        self.answers_compared = 0
        """Of them, those of which every field that can be predicted was compared."""
        self.retries = 0
        self.kills: Counter[str] = Counter()
        self.violations: list[Violation] = []
        self.differ: list[str] = []
        """Answers that were not the same with one actor and with three."""
        self.bystanders_tried = 0
        self.bystanders_refused: list[str] = []
        self.bystanders_ms: list[float] = []
        self._told: Counter[str] = Counter()

    def violation(
        self, where: str, request: object, expected: object, got: object, number: int = 0
    ) -> None:
        """Counts it, and prints it unless there were many."""
        found = Violation(
            seed=self.seed, where=where, number=number, request=short(request),
            expected=short(expected), got=short(got),
        )  # fmt: skip
        self.violations.append(found)
        self._told[where] += 1
        if self._told[where] <= TOLD_MAX:
            print(f"violation: {found}", file=sys.stderr, flush=True)


def short(value: object, most: int = 700) -> str:
    """JSON of it, cut."""
    text = value if isinstance(value, str) else json.dumps(value, default=str, sort_keys=True)
    return text if len(text) <= most else text[:most] + "…"


def differences(expected: Any, got: Any, at: str = "") -> list[str]:
    """Where `got` lacks what is expected or has it otherwise. Of objects only the expected members
    are looked at; lists must have the same length."""
    if isinstance(expected, dict):
        if not isinstance(got, dict):
            return [f"{at or 'answer'}: {short(got, 80)} is not an object"]
        found = []
        for name, value in expected.items():
            path = f"{at}.{name}" if at else name
            if name not in got:
                found.append(f"{path}: missing, expected {short(value, 80)}")
            else:
                found += differences(value, got[name], path)
        return found
    if isinstance(expected, list):
        if not isinstance(got, list) or len(got) != len(expected):
            return [f"{at}: expected {short(expected, 200)}, got {short(got, 200)}"]
        return [
            line
            for place, (one, other) in enumerate(zip(expected, got, strict=True))
            for line in differences(one, other, f"{at}[{place}]")
        ]
    if expected != got or isinstance(expected, bool) != isinstance(got, bool):
        return [f"{at or 'answer'}: expected {expected!r}, got {short(got, 80)}"]
    return []
