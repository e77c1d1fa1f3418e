"""The verdict: what is made of what checks find, over connections that see one snapshot."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from msgspec import structs

from headrace.runtime import verify as module
from headrace.runtime.database.area import Area
from headrace.runtime.database.check import Found
from headrace.runtime.settings import Settings
from headrace.runtime.verify import Check, Verdict, verify

UNENDING = Found("never told")


class Connection:
    """Within a transaction, of which it says what was done in it."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.begun: list[dict[str, Any]] = []
        self.closed = False

    @asynccontextmanager
    async def transaction(self, **options: Any) -> AsyncIterator[None]:
        self.begun.append(options)
        yield

    async def fetchval(self, statement: str) -> str:
        assert statement == "SELECT pg_export_snapshot()"
        return "the snapshot"

    async def execute(self, statement: str) -> None:
        self.done.append(statement)

    async def close(self) -> None:
        self.closed = True


class Ledger:
    """Checks by name, and what they find; an exception is raised."""

    def __init__(self) -> None:
        self.connections: list[Connection] = []
        self.asked: list[tuple[str, Connection]] = []

    async def connect(self, settings: Settings, application: str) -> Connection:
        assert application == "headrace verify"
        self.connections.append(Connection())
        return self.connections[-1]

    def check(self, name: str, found: Found | Exception) -> Any:
        async def ask(connection: Connection) -> Found:
            self.asked.append((name, connection))
            await asyncio.sleep(0)
            if found is UNENDING:
                await asyncio.Event().wait()
            if isinstance(found, Exception):
                raise found
            return found

        return ask


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Verifies a ledger of which checks find what is given."""
    ledger = Ledger()
    monkeypatch.setattr(module, "connect", ledger.connect)
    monkeypatch.setattr(module, "_OF_ALL", ())

    async def verified(ended: Any = lambda _: None, begun: Any = lambda _: None, **found: Any):
        checks = {name: ledger.check(name, each) for name, each in found.items()}
        area = Area("a.book", checks=checks, slowest=("long", "longer"))
        return await verify(Settings(), ended, begun, areas=[area])

    ledger.verify = verified
    yield ledger
    assert all(connection.closed for connection in ledger.connections)


def without_times(verdict: Verdict) -> list[Check]:
    assert all(0 <= check.seconds < 60 for check in verdict.checks)
    return [structs.replace(check, seconds=0.0) for check in verdict.checks]


FINE, LATE = Found("9 things"), Found("8 things", late=2, latest="b")
WRONG, BOTH = Found("7 things", 3, "a"), Found("6 things", 1, "c", 2, "d")


async def test_each_check_is_told_in_its_order_with_what_it_found(ledger: Any) -> None:
    verdict = await ledger.verify(
        a=FINE, long=LATE, b=WRONG, longer=BOTH, c=asyncpg.DataError("22003")
    )
    assert verdict.result == "fail"
    assert without_times(verdict) == [
        Check("a", "pass", "9 things"),
        Check("long", "warning", "8 things", "2 to look at, first b"),
        Check("b", "fail", "7 things", "3 wrong, first a"),
        Check("longer", "fail", "6 things", "1 wrong, first c"),
        Check("c", "fail", "unreadable", "1 wrong, first 22003"),
    ]


@pytest.mark.parametrize(
    ("found", "result"),
    [([FINE], "pass"), ([FINE, LATE], "pass"), ([LATE, WRONG], "fail"), ([WRONG, FINE], "fail")],
)
async def test_one_that_fails_fails_all_and_a_warning_does_not(
    ledger: Any, found: list[Found], result: str
) -> None:
    named = {f"check-{n}": each for n, each in enumerate(found)}
    assert (await ledger.verify(**named)).result == result


async def test_the_long_ones_begin_first_and_each_is_told_of(ledger: Any) -> None:
    begun, ended = [], []
    names = ["a", "b", "longer", "c", "long"]
    verdict = await ledger.verify(ended.append, begun.append, **dict.fromkeys(names, FINE))
    assert begun == ["long", "longer", "a", "b", "c"]
    assert sorted(check.name for check in ended) == sorted(names)
    assert [check.name for check in verdict.checks] == names


async def test_three_connections_share_the_work_and_one_snapshot(ledger: Any) -> None:
    await ledger.verify(**{f"check-{n}": FINE for n in range(9)})
    first, *others = ledger.connections
    assert len(others) == 2
    assert {id(connection) for _, connection in ledger.asked} == set(map(id, ledger.connections))
    for connection in ledger.connections:
        assert connection.begun[0] == {"isolation": "repeatable_read", "readonly": True}
        assert "work_mem = '256MB'" in connection.done[-1]
        assert "statement_timeout = 0" in connection.done[-1]
    assert len(first.done) == 1
    assert [c.done[0] for c in others] == ["SET TRANSACTION SNAPSHOT 'the snapshot'"] * 2


async def test_a_ledger_that_goes_away_ends_it(ledger: Any) -> None:
    with pytest.raises(OSError, match="away"):
        await ledger.verify(a=OSError("away"), b=FINE)


async def test_what_else_is_looked_at_ends_when_the_ledger_goes_away(ledger: Any) -> None:
    with pytest.raises(OSError, match="away"):
        await ledger.verify(a=UNENDING, b=OSError("away"), c=UNENDING)
