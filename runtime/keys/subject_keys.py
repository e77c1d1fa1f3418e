"""Subjects' keys in the database: found in sets, destroyed one by one."""

from collections.abc import Collection, Sequence
from typing import Any

from headrace.runtime.clock import from_us
from headrace.runtime.database.area_table import AreaTable
from headrace.runtime.database.connect import Database
from headrace.runtime.database.sql_by_name import load
from headrace.runtime.keys.master_key import MasterKey, MasterKeyError, read
from headrace.runtime.keys.sealed_text import KeyName
from headrace.runtime.keys.text_sealer import Newest, NewKey

SQL = load("headrace.runtime.keys", "subject_keys")


def _columns(keys: Sequence[NewKey]) -> tuple[Any, ...]:
    return (
        [key.name.subject for key in keys],
        [key.name.generation for key in keys],
        [key.wrapped for key in keys],
        [from_us(key.at) for key in keys],
    )


SUBJECT_KEYS: AreaTable[KeyName, NewKey] = AreaTable("subject_keys", SQL, _columns)
"""Keys made for texts, by their names."""


async def bound(db: Database, master_key_file: str) -> MasterKey:
    """The master key in a file, to which the ledger is bound from now on if it wasn't to any.

    Raises MasterKeyError when it can't be read or the ledger is bound to another.
    """
    try:
        master = read(master_key_file)
    except MasterKeyError as error:
        if await is_bound(db):
            raise MasterKeyError(
                error.problem,
                "This ledger's personal text is sealed under a master key: put its file back, from"
                " a backup if need be, and name it by HEADRACE_MASTER_KEY_FILE.",
            ) from error
        raise
    if await db.fetchval(SQL["bind"], master.name) != master.name:
        raise _another(master_key_file)
    return master


def _another(master_key_file: str) -> MasterKeyError:
    return MasterKeyError(
        f"the master key in {master_key_file} is not this ledger's",
        "Put back the file that the ledger was first started with; personal text in it can't be"
        " read with another. If no text was ever written (the table subject_keys is empty), delete"
        " the row master_key of the table platform instead.",
    )


async def at_hand(db: Database, master_key_file: str) -> MasterKey | None:
    """The ledger's master key, for those who can do without it: None when the file isn't there.

    Raises MasterKeyError when it is another ledger's.
    """
    try:
        master = read(master_key_file)
    except MasterKeyError:
        return None
    name = await db.fetchval(SQL["bound_to"])
    if name not in (None, master.name):
        raise _another(master_key_file)
    return master


async def is_bound(db: Database) -> bool:
    """Whether a ledger has its master key already."""
    return await db.fetchval(SQL["bound_to"]) is not None


async def newest(db: Database, subjects: Collection[int]) -> dict[int, Newest]:
    """Of each subject that has one or had one."""
    rows = await db.fetch(SQL["newest"], list(subjects))
    return {row["subject"]: Newest(row["generation"], row["wrapped"]) for row in rows}


async def living(db: Database, names: Collection[KeyName]) -> dict[KeyName, bytes]:
    """Those of some keys that were not destroyed, as they are kept."""
    wanted = list(names)
    rows = await db.fetch(
        SQL["living"], [name.subject for name in wanted], [name.generation for name in wanted]
    )
    return {KeyName(row["subject"], row["generation"]): row["wrapped"] for row in rows}


async def subject_of(db: Database, tenant: str, account: str) -> int | None:
    """Of a tenant's account, by their names; None: there is none."""
    number: int | None = await db.fetchval(SQL["subject_of"], tenant, account)
    return number


async def destroy(db: Database, subjects: Sequence[int]) -> int:
    """Destroys every key of some subjects; how many there were left to destroy."""
    return len(await db.fetch(SQL["destroy"], list(subjects)))
