"""What `headrace verify` says of a test's ledger, with its master key at hand."""

from headrace.runtime.settings import Settings
from headrace.runtime.verify import Begun, Ended, Verdict, verify


async def verdict_of(
    settings: Settings, ended: Ended = lambda check: None, begun: Begun = lambda name: None
) -> Verdict:
    return await verify(settings.ledger, ended, begun, settings.keys.master_key_file)
