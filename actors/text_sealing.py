"""An actor's way of sealing personal text, under the ledger's master key."""

from headrace.runtime.keys.subject_keys import bound
from headrace.runtime.keys.text_sealer import TextSealer
from headrace.runtime.ledger.connect import connect
from headrace.runtime.settings import Settings


async def text_sealer(settings: Settings) -> TextSealer:
    """Raises MasterKeyError, before partitions are taken from whoever has the right key."""
    connection = await connect(settings, "headrace master key")
    try:
        master = await bound(connection, settings.master_key_file)
    finally:
        await connection.close()
    return TextSealer(master, settings.subject_keys_in_memory_max, settings.subject_key_cache_s)
