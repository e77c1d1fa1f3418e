"""Subjects' keys in the ledger, and the master key that it is bound to."""

import asyncio
from pathlib import Path

import pytest
import pytest_asyncio

from headrace.cluster.local import master_key as local
from headrace.runtime.database.connect import pool
from headrace.runtime.keys import master_key, subject_keys
from headrace.runtime.keys.master_key import MasterKeyError
from headrace.runtime.keys.sealed_text import KeyName
from headrace.runtime.keys.text_sealer import Newest


@pytest_asyncio.fixture
async def database(settings):
    async with await pool(settings.ledger) as opened:
        yield opened


async def put(database, *names: KeyName) -> None:
    await database.executemany(
        "INSERT INTO subject_keys (subject, generation, wrapped, made_at)"
        " VALUES ($1, $2, $3, now())",
        [(*name, b"%d of %d" % (name.generation, name.subject)) for name in names],
    )


async def test_a_subjects_newest_key_is_found_destroyed_or_not(database):
    await put(database, KeyName(1, 0), KeyName(2, 0))
    assert await subject_keys.destroy(database, [1, 3]) == 1
    await put(database, KeyName(1, 1))
    assert await subject_keys.newest(database, [1, 2, 3]) == {
        1: Newest(1, b"1 of 1"), 2: Newest(0, b"0 of 2"),
    }  # fmt: skip
    living = await subject_keys.living(database, [KeyName(1, 0), KeyName(1, 1), KeyName(3, 0)])
    assert living == {KeyName(1, 1): b"1 of 1"}
    assert await subject_keys.destroy(database, [1]) == 1
    assert await subject_keys.destroy(database, [1]) == 0
    assert (await subject_keys.newest(database, [1]))[1] == Newest(1, None)
    rows = await database.fetch(
        "SELECT wrapped, destroyed_at <= now() FROM subject_keys WHERE subject = 1"
    )
    assert [tuple(row) for row in rows] == [(None, True)] * 2


async def test_a_subject_is_found_by_its_tenants_name_for_it(database):
    tenant = await database.fetchval("INSERT INTO tenants (name) VALUES ('acme') RETURNING number")
    await database.execute(
        "INSERT INTO accounts (number, tenant, id, currency, opened_at)"
        " VALUES (4711, $1, 'anna', 978, now())",
        tenant,
    )
    assert await subject_keys.subject_of(database, "acme", "anna") == 4711
    assert await subject_keys.subject_of(database, "acme", "ben") is None
    assert await subject_keys.subject_of(database, "globex", "anna") is None


async def test_a_ledger_takes_its_first_master_key_and_no_other(database, settings, tmp_path: Path):
    other = tmp_path / "other.key"
    master_key.make(other)
    first = await asyncio.gather(
        *[subject_keys.bound(database, settings.keys.master_key_file) for _ in range(4)]
    )
    assert len({key.name for key in first}) == 1
    for open_with in (subject_keys.bound, subject_keys.at_hand):
        with pytest.raises(MasterKeyError, match=r"other.key is not this ledger's"):
            await open_with(database, str(other))
    with pytest.raises(MasterKeyError, match="put its file back"):
        await subject_keys.bound(database, str(tmp_path / "lost.key"))
    assert await subject_keys.at_hand(database, str(tmp_path / "lost.key")) is None


async def test_a_data_directory_makes_a_key_for_a_new_ledger_and_never_a_second(
    database, settings, tmp_path: Path
):
    here = local.with_master_key(settings.replace(master_key_file=""), tmp_path)
    file = tmp_path / local.FILE
    assert here.keys.master_key_file == str(file)
    await local.check(here)
    assert not file.exists()
    await local.ensure(here, tmp_path)
    secret = file.read_bytes()
    await local.ensure(here, tmp_path)
    assert file.read_bytes() == secret
    file.unlink()
    for look in (local.ensure(here, tmp_path), local.check(here)):
        with pytest.raises(MasterKeyError, match=r"No such file.*put its file back"):
            await look
    assert not file.exists()


async def test_a_key_named_elsewhere_is_not_made(settings, tmp_path: Path):
    absent = tmp_path / "elsewhere" / "master.key"
    named = settings.replace(master_key_file=str(absent))
    assert local.with_master_key(named, tmp_path) == named
    with pytest.raises(MasterKeyError, match="head -c 32 /dev/urandom"):
        await local.ensure(named, tmp_path)
    assert not absent.parent.exists()
