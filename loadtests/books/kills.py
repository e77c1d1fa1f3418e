"""What is killed while clients go on."""

import asyncio
import time
from collections.abc import Sequence
from random import Random

from headrace.loadtests.books.books_platform import BooksPlatform
from headrace.loadtests.books.tally import Tally
from headrace.loadtests.chaos.faults import FAULTS

BETWEEN_S = (0.5, 4.0)


async def kill(
    platform: BooksPlatform, faults: Sequence[str], seconds: float, tally: Tally, random: Random
) -> None:
    """Each fault, in the seed's order, as long as there is time."""
    end = time.monotonic() + seconds
    order = random.sample(list(faults), len(faults))
    for name in order:
        await asyncio.sleep(random.uniform(*BETWEEN_S))
        if time.monotonic() > end:
            return
        await FAULTS[name](platform, random)
        tally.kills[name] += 1
