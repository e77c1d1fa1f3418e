"""Streams and lists of a whole tenant, read to their end."""

import csv
import io
from collections.abc import Mapping, Sequence

from headrace.loadtests.books import judge, stream
from headrace.loadtests.books.reading import pages
from headrace.loadtests.books.scenarios.scene import Scene

COLUMNS = ("id", "at", "kind", "amount", "held_amount", "posted", "held")


class Readings(Scene):
    """Nothing changes meanwhile."""

    async def events(self, statuses: Mapping[str, str]) -> None:
        """`statuses`: of payments of this tenant, by their ids."""
        events, positions = await stream.read(self.api)
        told = {"events": len(events)}
        self.judged("GET /v1/events", stream.order(events), told)
        self.judged("GET /v1/events", stream.payments(events, statuses), told)
        for _ in range(2 if events else 0):
            place = self.random.randrange(len(events))
            rest, _ = await stream.read(self.api, after=positions[place])
            wrong = stream.continued(events, rest, place)
            self.judged(f"GET /v1/events?after={positions[place][:60]}", wrong, len(rest))
        self.tally.operations += len(events)

    async def accounts(self, ids: Sequence[str]) -> None:
        """All accounts, in the order of their ids."""
        found = await pages(self.api, "/v1/accounts", limit=self.random.choice((13, 100, 1000)))
        names = [account["id"] for account in found]
        wrong = [f"{id} is missing" for id in set(ids) - set(names)]
        if names != sorted(set(names)):
            wrong.append("not in order, or twice")
        self.judged("GET /v1/accounts", wrong, len(names))

    async def csv(self, account: str) -> None:
        """The same page in both forms."""
        path = f"/v1/accounts/{account}/entries"
        plain = await self.api.get(path, limit=200)
        text = await self.api.get_csv(path, limit=200)
        rows = list(csv.DictReader(io.StringIO(str(text.body))))
        wanted = [{name: str(entry[name]) for name in COLUMNS} for entry in plain.body["items"]]
        got = [{name: row.get(name) for name in COLUMNS} for row in rows]
        self.judged(f"GET {path} as CSV", [] if got == wanted else ["as in JSON"], rows[:1])

    async def timelines(self, payments: Sequence[Mapping[str, str]]) -> None:
        """Of some."""
        for payment in self.random.sample(list(payments), min(10, len(payments))):
            told = await self.api.get(f"/v1/payments/{payment['id']}/timeline")
            wrong = judge.timeline(told.body.get("items", []), payment)
            self.judged(f"GET timeline {payment['id']}", wrong, told.body)
