"""Rows instead of a database, for what is made of them: the statements themselves are tried on
PostgreSQL (tests/integration/ledger)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

Rows = Sequence[Any] | Callable[..., Sequence[Any]]


class Told:
    """Answers the statements that it knows with rows, or by calling what makes them; remembers
    what it was asked. A row is whatever its reader takes it for: mostly a mapping."""

    def __init__(self, sql: Mapping[str, str], **answers: Rows) -> None:
        self._names = {statement: name for name, statement in sql.items()}
        self._answers = answers
        self.asked: list[tuple[str, tuple[Any, ...]]] = []

    async def fetch(self, statement: str, *arguments: Any) -> list[Any]:
        name = self._names.get(statement, statement)
        self.asked.append((name, arguments))
        answer = self._answers[name]
        return list(answer(*arguments) if callable(answer) else answer)

    async def fetchrow(self, statement: str, *arguments: Any) -> Any:
        return next(iter(await self.fetch(statement, *arguments)), None)

    async def fetchval(self, statement: str, *arguments: Any) -> Any:
        """Rows are then the values."""
        return await self.fetchrow(statement, *arguments)

    async def execute(self, statement: str, *arguments: Any) -> None:
        self.asked.append((self._names.get(statement, statement), arguments))

    def names(self) -> list[str]:
        return [name for name, _ in self.asked]


@pytest.fixture
def told() -> type[Told]:
    return Told
