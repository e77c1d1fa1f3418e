"""An actor's way of sealing personal text, under the ledger's master key."""

from headrace.runtime.database.connect import connect
from headrace.runtime.keys.subject_keys import bound
from headrace.runtime.keys.text_sealer import TextSealer
from headrace.runtime.settings import Settings


async def text_sealer(settings: Settings) -> TextSealer:
    """Raises MasterKeyError, before partitions are taken from whoever has the right key."""
    keys = settings.keys
    connection = await connect(settings.ledger, "headrace master key")
    try:
        master = await bound(connection, keys.master_key_file)
    finally:
        await connection.close()
    return TextSealer(master, keys.subject_keys_in_memory_max, keys.subject_key_cache_s)
