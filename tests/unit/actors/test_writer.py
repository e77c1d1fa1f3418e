"""The actor's connections: what becomes of a batch is an outcome, whatever the ledger says."""

import asyncio
from typing import Any

import asyncpg
import pytest

from headrace.actors import writer as module
from headrace.actors.writer import Deposed, Outcome, Writer
from headrace.runtime.ledger import commit, fencing
from headrace.runtime.ledger.commit import AlreadyThere, Commit, DecideAgain, Unwritable
from headrace.runtime.ledger.fencing import Fenced
from headrace.runtime.payments.book import Partition
from headrace.runtime.settings import Settings

SETTINGS = Settings(commit_timeout_s=7, transaction_timeout_s=3)
PARTITIONS = [Partition(n, 1, 5, 0, 4_095) for n in (0, 2)]


class Connection:
    """Open until it is ended."""

    def __init__(self, use: str, **options: Any) -> None:
        self.use = use
        self.options = options
        self.ended = False

    def terminate(self) -> None:
        assert not self.ended, "ended once"
        self.ended = True

    def is_closed(self) -> bool:
        return self.ended


class Database:
    """Where the writer's statements go."""

    def __init__(self) -> None:
        self.connections: list[Connection] = []
        self.done: list[str] = []
        self.error: Exception | None = None
        self.fenced: Exception | None = None
        self.claims: list[tuple[str, str, bool]] = []
        self.answers = asyncio.Event()
        self.answers.set()

    async def connect(self, settings: Settings, application: str, **options: Any) -> Connection:
        connection = Connection(application.split()[1], **options)
        assert application == f"headrace {connection.use} {WRITER}"
        self.connections.append(connection)
        return connection

    async def take_over(
        self, connection: Connection, partitions: list[int], holder: str, cluster: str,
        *, first: bool, lock_timeout_s: float,
    ) -> dict[int, tuple[Partition, int]]:  # fmt: skip
        assert connection.use == "writer"
        assert partitions == [0, 2]
        self.claims.append((holder, cluster, first))
        await self.answers.wait()
        if self.fenced is not None:
            raise self.fenced
        return {p.number: (p, 0) for p in PARTITIONS}

    async def commit(self, connection: Connection, ready: Commit) -> None:
        await self._do("commit", connection)

    async def still_held(self, connection: Connection, partitions: list[Partition]) -> None:
        assert partitions == PARTITIONS
        await self._do("still_held", connection)

    async def _do(self, what: str, connection: Connection) -> None:
        assert connection.use == "writer"
        self.done.append(what)
        await self.answers.wait()
        if self.error is not None:
            raise self.error


WRITER = "actor-0/1"


@pytest.fixture
def database(no_waiting: None, logged: object, monkeypatch: pytest.MonkeyPatch) -> Database:
    database = Database()
    monkeypatch.setattr(module, "connect", database.connect)
    monkeypatch.setattr(fencing, "take_over", database.take_over)
    monkeypatch.setattr(fencing, "still_held", database.still_held)
    monkeypatch.setattr(commit, "commit", database.commit)
    return database


@pytest.fixture
async def writer(database: Database) -> Writer:
    """Has taken its partitions over."""
    writer = Writer(SETTINGS.ledger, "actor-0", [0, 2], "cluster-1")
    assert writer.holder.startswith("actor-0/")
    assert len(writer.holder) == len("actor-0/") + 12
    writer.holder = WRITER
    await writer.take_over(first=True)
    return writer


def ready(records: int = 1, moved: int = 1) -> Commit:
    return Commit(records, b"", [(p, 1) for p in PARTITIONS[:moved]], [])


# Taking over


async def test_it_writes_over_one_connection_and_reads_over_others(
    database: Database, writer: Writer
) -> None:
    """All ask whether the machine is there; only what writes is ended in the middle."""
    assert [(c.use, c.options) for c in database.connections] == [
        ("writer", {"transaction_timeout_s": 3, "keep_alive": True}),
        ("loader", {"transaction_timeout_s": 0, "keep_alive": True}),
        ("clock", {"transaction_timeout_s": 0, "keep_alive": True}),
    ]
    assert writer.reader is database.connections[1]
    assert await writer.clock() is database.connections[2]
    assert database.claims == [(WRITER, "cluster-1", True)]


async def test_taking_over_again_ends_the_connections_of_before(
    database: Database, writer: Writer
) -> None:
    database.connections[0].ended = True
    stands = await writer.take_over(first=False)
    assert stands == {p.number: (p, 0) for p in PARTITIONS}
    assert [c.ended for c in database.connections] == [True] * 3 + [False] * 3
    assert database.claims[1] == (WRITER, "cluster-1", False)


async def test_who_is_not_let_take_over_is_deposed(database: Database, writer: Writer) -> None:
    database.fenced = Fenced([0, 2])
    with pytest.raises(Deposed) as error:
        await writer.take_over(first=False)
    assert error.value.args == ([0, 2],)


async def test_a_database_that_does_not_answer_ends_the_wait(
    database: Database, writer: Writer
) -> None:
    database.answers.clear()
    loop = asyncio.get_running_loop()
    begun = loop.time()
    with pytest.raises(TimeoutError):
        await writer.take_over(first=False)
    assert loop.time() - begun == pytest.approx(7, abs=1)


async def test_without_connections_nothing_is_read_or_written(
    database: Database, logged: list[dict[str, object]]
) -> None:
    writer = Writer(SETTINGS.ledger, "actor-0", [0, 2])
    with pytest.raises(asyncpg.InterfaceError):
        _ = writer.reader
    with pytest.raises(asyncpg.InterfaceError):
        await writer.clock()
    assert await writer.commit(ready(), False) is Outcome.IN_DOUBT
    assert logged == [], "nobody tried"
    await writer.close()


# Committing


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, Outcome.COMMITTED),
        (AlreadyThere("journal_key"), Outcome.ALREADY_THERE),
        (DecideAgain("deadlock"), Outcome.DECIDE_AGAIN),
        (Unwritable("too long"), Outcome.UNWRITABLE),
        (Fenced([0]), Outcome.DEPOSED),
        (OSError("away"), Outcome.IN_DOUBT),
        (asyncpg.InterfaceError("closed"), Outcome.IN_DOUBT),
        (asyncpg.PostgresError("anything"), Outcome.IN_DOUBT),
        (ValueError("even this"), Outcome.IN_DOUBT),
    ],
)
async def test_whatever_goes_wrong_is_an_outcome(
    database: Database, writer: Writer, error: Exception | None, outcome: Outcome
) -> None:
    database.error = error
    assert await writer.commit(ready(), False) is outcome
    assert database.done == ["commit"]


async def test_a_commit_that_takes_too_long_is_in_doubt(database: Database, writer: Writer) -> None:
    database.answers.clear()
    loop = asyncio.get_running_loop()
    begun = loop.time()
    assert await writer.commit(ready(), False) is Outcome.IN_DOUBT
    assert loop.time() - begun == pytest.approx(7, abs=1)


@pytest.mark.parametrize(
    ("records", "moved", "refuses", "done"),
    [
        (0, 0, False, []),
        (1, 1, False, ["commit"]),
        (0, 0, True, ["still_held"]),
        (1, 1, True, ["still_held", "commit"]),
        (1, 2, True, ["commit"]),
        (1, 2, False, ["commit"]),
    ],
)
async def test_a_refusal_from_memory_asks_whether_memory_is_ours(
    database: Database, writer: Writer, records: int, moved: int, refuses: bool, done: list[str]
) -> None:
    """Unless the commit itself fences all that is ours."""
    assert await writer.commit(ready(records, moved), refuses) is Outcome.COMMITTED
    assert database.done == done


async def test_a_refusal_from_a_memory_that_is_not_ours_any_more_is_none(
    database: Database, writer: Writer
) -> None:
    database.error = Fenced([2])
    assert await writer.commit(ready(0, 0), True) is Outcome.DEPOSED


# The clock's connection


async def test_a_clock_that_was_cut_off_gets_another_connection(
    database: Database, writer: Writer
) -> None:
    database.connections[2].ended = True
    again = await writer.clock()
    assert again is database.connections[3]
    assert (database.connections[3].use, database.connections[3].options["keep_alive"]) == (
        "clock", True,
    )  # fmt: skip
    assert await writer.clock() is again


async def test_a_connection_made_while_partitions_were_taken_over_is_none(
    database: Database, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.connections[2].ended = True

    async def meanwhile(*arguments: Any, **options: Any) -> Connection:
        monkeypatch.setattr(module, "connect", database.connect)
        await writer.take_over(first=False)
        return await database.connect(*arguments, **options)

    monkeypatch.setattr(module, "connect", meanwhile)
    with pytest.raises(asyncpg.InterfaceError):
        await writer.clock()
    assert [c.ended for c in database.connections[3:]] == [False, False, False, True]
    assert await writer.clock() is database.connections[5]


# Pauses


async def test_pauses_double_from_a_twentieth_of_a_second_up_to_one(
    database: Database, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()

    async def paused() -> float:
        begun = loop.time()
        await writer.pause()
        return loop.time() - begun

    monkeypatch.setattr(module, "random", lambda: 0.5)
    expected = [0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    assert [await paused() for _ in expected] == pytest.approx(expected, abs=0.03)
    for drawn, factor in ((0.0, 0.5), (0.999, 1.5)):
        monkeypatch.setattr(module, "random", lambda drawn=drawn: drawn)
        assert await paused() == pytest.approx(factor, abs=0.03)
    await writer.take_over(first=False)
    monkeypatch.setattr(module, "random", lambda: 0.5)
    assert await paused() == pytest.approx(0.05, abs=0.03)
