"""Lists read to their end, and moments chosen from what they say."""

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from headrace.loadtests.books.api import Api

Json = dict[str, Any]
PAGES_MAX = 5_000
MICROSECOND = timedelta(microseconds=1)


class Unreadable(Exception):
    """A list that cannot be read to its end; says how far it went."""


async def pages(api: Api, path: str, limit: int = 1000, **query: object) -> list[Json]:
    """All items of a list. Raises Unreadable."""
    found: list[Json] = []
    cursor = None
    for _ in range(PAGES_MAX):
        told = await api.get(path, limit=limit, cursor=cursor, **query)
        if told.status != 200:
            raise Unreadable(f"GET {path} {query} after {len(found)} items: {told.told()}")
        found += told.body["items"]
        cursor = told.body["next_cursor"]
        if cursor is None:
            return found
    raise Unreadable(f"GET {path} {query} has no end after {len(found)} items")


async def adjoining_ranges(
    api: Api, path: str, whole: Sequence[Json], random: Random
) -> tuple[list[list[Json]], list[str]]:
    """A statement in ranges that touch each other, oldest first, and where it was cut: at entries'
    own moments and one microsecond beside them."""
    moments = sorted({entry["at"] for entry in whole})
    cuts = set()
    for at in random.sample(moments, min(len(moments), random.randint(1, 5))):
        cuts.add(moved(at, random.choice((-1, 0, 0, 1, 700))))
    bounds = [None, *sorted(cuts), None]
    limit = random.choice((5, 100, 1000))
    parts = []
    for since, until in itertools.pairwise(bounds):
        parts.append(await pages(api, path, limit, **{"from": since, "to": until}))
    return parts, sorted(cuts)


def moved(moment: str, microseconds: int) -> str:
    """A moment so much later."""
    at = datetime.fromisoformat(moment) + microseconds * MICROSECOND
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def quiet_moment(whole: Sequence[Json], random: Random) -> str | None:
    """One between two entries that lie apart, or None."""
    moments = sorted({entry["at"] for entry in whole})
    apart = [before for before, after in itertools.pairwise(moments) if moved(before, 1) < after]
    return moved(random.choice(apart), 1) if apart else None
