"""A process that follows: notes each record in the table `seen`. It ends when it is overtaken."""

import asyncio
import sys

from headrace.runtime.following.follower import Effect, Follower
from headrace.runtime.ledger import fencing
from headrace.runtime.settings import Settings

OVERTAKEN = 3
"""Exit status."""


class Notes(Effect):
    async def write(self, connection, page):
        seqs = [record.seq for record in page.records]
        note = "INSERT INTO seen (partition, seq) SELECT $1, unnest($2::bigint[])"
        await connection.execute(note, page.partition, seqs)


async def main(database_url):
    settings = Settings(
        database_url=database_url, follower_page_max=20, follower_poll_s=0.005,
        transaction_timeout_s=0.5,
    )  # fmt: skip
    follower = Follower("notes", Notes(), fencing.ends, [0, 1], settings.followers, settings.ledger)
    following = asyncio.create_task(follower.run())
    while not follower.stats()["overtaken"]:
        await asyncio.wait([following], timeout=0.005)
        if following.done():
            following.result()
    sys.exit(OVERTAKEN)


asyncio.run(main(sys.argv[1]))
