"""The master key of a data directory's ledger: made at the first start, `master.key`."""

from pathlib import Path

from headrace.runtime.database.connect import connect
from headrace.runtime.keys import master_key, subject_keys
from headrace.runtime.settings import Settings

FILE = "master.key"


def with_master_key(settings: Settings, data_dir: Path) -> Settings:
    """The settings with the path of the data directory's, unless they name another."""
    if settings.keys.master_key_file:
        return settings
    return settings.replace(master_key_file=str((data_dir / FILE).absolute()))


async def ensure(settings: Settings, data_dir: Path) -> None:
    """Makes the data directory's key for a ledger that never had one; the ledger is migrated.

    Raises MasterKeyError when the ledger's own is not there.
    """
    file = Path(settings.keys.master_key_file)
    connection = await connect(settings.ledger, "headrace up")
    try:
        ours = file == (data_dir / FILE).absolute()
        if ours and not _is_there(file) and not await subject_keys.is_bound(connection):
            master_key.make(file)
        await subject_keys.bound(connection, settings.keys.master_key_file)
    finally:
        await connection.close()


async def check(settings: Settings) -> None:
    """Of a ledger that may wait for its first master key: MasterKeyError when it has another."""
    connection = await connect(settings.ledger, "headrace migrate")
    try:
        file = settings.keys.master_key_file
        if _is_there(Path(file)) or await subject_keys.is_bound(connection):
            await subject_keys.bound(connection, file)
    finally:
        await connection.close()


def _is_there(file: Path) -> bool:
    return file.exists()
