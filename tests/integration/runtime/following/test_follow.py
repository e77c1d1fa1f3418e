"""Followers of a real journal: no record missed, none twice, whoever is stopped or killed."""

import asyncio
import signal
import sys
from asyncio import create_subprocess_exec
from pathlib import Path
from random import Random

import asyncpg
import pytest
import pytest_asyncio

from headrace.runtime.database.connect import connect
from headrace.runtime.following import follow
from headrace.runtime.following.follow import Overtaken
from headrace.runtime.following.follower import Effect, Follower
from headrace.runtime.journal.kinds import RecordKind
from headrace.runtime.ledger import fencing

DEADLINE_S = 60
SEED = 20_261_128
OVERTAKEN = 3
PARTITIONS = [0, 1]
RECORDS = """
INSERT INTO journal (partition, seq, credit_partition, credit_seq, debit, credit, creditor, amount,
    debit_posted, debit_held, credit_posted, credit_held, at, occurred_at, fingerprint, payment,
    trace, tenant, risk_flags, kind, state, reason, leg, currency, risk_score, risk_model)
SELECT $1, n, $1, n, 0, 0, 0, 1, 0, 0, 0, 0, now(), now(), 0, gen_random_uuid(), gen_random_uuid(),
    1 + n % 2, 0, $4, 0, 0, -1, 978, -1, 0
FROM generate_series($2::bigint, $3::bigint) n
"""
SEEN = "CREATE TABLE seen (n bigserial, partition smallint, seq bigint)"


@pytest_asyncio.fixture
async def connections(settings):
    made = []

    async def another(holder=""):
        made.append(await connect(settings.ledger, follow.application_name(holder)))
        return made[-1]

    yield another
    for connection in made:
        connection.terminate()


class Journal:
    """Writes records as a partition's writer does: with its lease, in one transaction."""

    def __init__(self, connection):
        self.connection = connection
        self.ends = dict.fromkeys(PARTITIONS, 0)

    async def write(self, partition, many, kind=RecordKind.DECLINED, skip=0):
        first = self.ends[partition] + 1 + skip
        self.ends[partition] = first + many - 1
        async with self.connection.transaction():
            await self.connection.execute(
                RECORDS, partition, first, self.ends[partition], int(kind)
            )
            await self.connection.execute(
                "UPDATE leases SET last_seq = $2 WHERE partition = $1",
                partition, self.ends[partition],
            )  # fmt: skip


@pytest_asyncio.fixture
async def journal(connections):
    connection = await connections("journal")
    await connection.execute(SEEN)
    return Journal(connection)


async def until(asked):
    """Asks until it is true."""
    async with asyncio.timeout(DEADLINE_S):
        while not await asked():  # the ledger tells nobody
            await asyncio.sleep(0.01)


async def test_the_old_one_of_two_claims_moves_nothing(connections, journal):
    old, new = await connections("old"), await connections("new")
    await journal.write(0, 100)
    for round in range(20):
        before = (await follow.claim(old, "notes", PARTITIONS, f"old-{round}"))[0]
        after = (await follow.claim(new, "notes", PARTITIONS, f"new-{round}"))[0]
        assert (after.epoch, after.sequence) == (before.epoch + 1, before.sequence)
        with pytest.raises(Overtaken):
            async with follow.moving(old, "notes", [(before, before.sequence + 1)]):
                await old.execute("INSERT INTO seen (partition, seq) VALUES (0, -1)")
        async with follow.moving(new, "notes", [(after, after.sequence + 1)]):
            await new.execute("INSERT INTO seen (partition, seq) VALUES (0, 1)")
    assert await new.fetchval("SELECT array_agg(DISTINCT seq) FROM seen") == [1]
    stands = {s.partition: s for s in await follow.standing(new)}
    assert stands[0] == ("notes", 0, 20, 40, "new-19")
    assert stands[1] == ("notes", 1, 0, 40, "new-19")


async def test_what_fails_within_a_move_moves_nothing(connections, journal):
    mine = await connections("mine")
    position = (await follow.claim(mine, "notes", [0], "mine"))[0]
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with follow.moving(mine, "notes", [(position, 7)]):
            await mine.execute("INSERT INTO seen (partition, seq) VALUES (0, 7 / 0)")
    assert (await follow.standing(mine))[0].sequence == 0
    assert await mine.fetchval("SELECT count(*) FROM seen") == 0


async def test_a_position_that_has_moved_is_not_moved_from_where_it_was(connections, journal):
    mine = await connections("mine")
    position = (await follow.claim(mine, "notes", [0], "mine"))[0]
    async with follow.moving(mine, "notes", [(position, 7)]):
        pass
    with pytest.raises(Overtaken):
        async with follow.moving(mine, "notes", [(position, 9)]):
            pass


async def test_an_overtaken_one_claims_again_only_when_its_successor_is_gone(connections, journal):
    old, new = await connections("old"), await connections("new")
    await follow.claim(old, "notes", PARTITIONS, "old")
    await follow.claim(new, "notes", [1], "new")
    with pytest.raises(Overtaken) as error:
        await follow.claim(old, "notes", PARTITIONS, "old", first=False)
    assert error.value.args == ("notes", [1])
    assert [s.epoch for s in await follow.standing(old)] == [1, 2]
    await new.close()

    async def claimed():
        try:
            return await follow.claim(old, "notes", PARTITIONS, "old", first=False)
        except Overtaken:
            return None

    await until(claimed)
    assert {s.holder for s in await follow.standing(old)} == {"old"}


@pytest.mark.parametrize("limit", [1, 7, 1_000])
async def test_pages_tell_every_record_once_although_sequences_have_holes(
    connections, journal, limit
):
    """A record takes a sequence in its counterpart's partition too, which has no row there."""
    reader = await connections("reader")
    for skip in (0, 3, 0, 5):
        await journal.write(0, 4, skip=skip)
    journal.ends[0] += 2
    at, told = 0, []
    while at < journal.ends[0]:
        page = await follow.page(reader, 0, at, limit, through=journal.ends[0])
        assert len(page.records) <= limit
        assert page.after == at < page.through
        at, told = page.through, told + [record.seq for record in page.records]
    assert told == [1, 2, 3, 4, 8, 9, 10, 11, 12, 13, 14, 15, 21, 22, 23, 24]


async def test_a_page_moves_on_over_what_was_not_asked_for(connections, journal):
    reader = await connections("reader")
    await journal.write(0, 6)
    await journal.write(0, 6, RecordKind.DEBITED)
    asked = {"kinds": [RecordKind.DEBITED]}
    page = await follow.page(reader, 0, 0, 5, through=12, **asked)
    assert (page.records, page.through) == ([], 5)
    page = await follow.page(reader, 0, 5, 10, through=12, **asked)
    assert ([r.seq for r in page.records], page.through) == ([7, 8, 9, 10, 11, 12], 12)


async def test_an_effect_that_fails_gets_its_page_again(settings, journal, connections):
    class Fails(Effect):
        kinds = (RecordKind.DEBITED,)

        def __init__(self):
            self.called, self.written, self.failures = [], [], 3

        async def call(self, page):
            self.called.append([record.seq for record in page.records])

        async def write(self, connection, page):
            if self.failures:
                self.failures -= 1
                raise ConnectionError("gone")
            self.written.append([record.seq for record in page.records])

    await journal.write(0, 2)
    await journal.write(0, 3, RecordKind.DEBITED)
    effect = Fails()
    quick = settings.replace(follower_pause_s=0.001, follower_pause_max_s=0.001)
    follower = Follower("fails", effect, fencing.ends, [0], quick.followers, quick.ledger)
    running = asyncio.create_task(follower.run())
    try:

        async def moved():
            return follower.stats()["pages"]

        await until(moved)
    finally:
        running.cancel()
    assert effect.called == [[3, 4, 5]] * 4
    assert effect.written == [[3, 4, 5]]
    told = {"records": 3, "pages": 1, "failures": 3, "overtaken": 0}
    assert {name: follower.stats()[name] for name in told} == told


def test_a_name_that_would_not_be_told_whole_is_refused(settings):
    for name in ("", "n" * 33):
        with pytest.raises(ValueError, match="1 to 32 characters"):
            Follower(name, Effect(), fencing.ends, [0], settings.followers, settings.ledger)


async def each_record_was_seen_once(reader, journal):
    for partition in PARTITIONS:
        seen = await reader.fetch("SELECT seq FROM seen WHERE partition = $1 ORDER BY n", partition)
        written = list(range(1, journal.ends[partition] + 1))
        assert len(written) > 1_000
        assert [row["seq"] for row in seen] == written, f"seed {SEED}"


async def test_followers_stopped_and_killed_miss_nothing_and_tell_nothing_twice(
    settings, journal, connections
):
    random, script = Random(SEED), str(Path(__file__).with_name("notes.py"))
    reader, over = await connections("reader"), asyncio.Event()
    holder = "SELECT count(DISTINCT holder) = 1 AND max(epoch) = $1 FROM followers"
    started, stopped = [], []

    async def start():
        started.append(
            await create_subprocess_exec(sys.executable, script, settings.ledger.database_url)
        )
        await until(lambda: reader.fetchval(holder, len(started)))
        return started[-1]

    async def write():
        while not over.is_set():
            await journal.write(random.choice(PARTITIONS), random.randint(1, 60))
            await asyncio.sleep(0.004)

    writing = asyncio.create_task(write())
    try:
        working = await start()
        for round in range(20):
            await asyncio.sleep(random.uniform(0, 0.1))
            fault = signal.SIGKILL if round % 4 == 3 else signal.SIGSTOP
            working.send_signal(fault)
            if fault is signal.SIGSTOP:
                stopped.append(working)
            following = await start()
            if fault is signal.SIGSTOP:
                working.send_signal(signal.SIGCONT)
                assert await asyncio.wait_for(working.wait(), DEADLINE_S) == OVERTAKEN
            working = following
        over.set()
        await writing
        await until(
            lambda: reader.fetchval(
                "SELECT bool_and(f.sequence = l.last_seq) FROM followers f JOIN leases l"
                " USING (partition)"
            )
        )
    finally:
        over.set()
        for process in started:
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert len(stopped) == 15
    await each_record_was_seen_once(reader, journal)
