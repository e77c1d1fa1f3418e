"""The stream of events, read to its end, and what is held against it."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec

from headrace.loadtests.books.api import Api
from headrace.loadtests.books.judge import repeated

Event = dict[str, Any]
LINE_END = re.compile(r"\r\n|[\r\n]")
"""Nowhere else a line of such a stream ends (WHATWG HTML, section 9.2.5)."""
PREFIX = "com.headrace."
FIRST = frozenset(
    f"payment.{k}" for k in ("settled", "returned", "declined", "held", "held_for_review")
)
"""The events of which every payment has exactly one, before all others."""
AUTHORISING = FIRST - {"payment.declined"}
SETTINGS = frozenset({"account.opened", "account.changed"})
LIMITS = {
    "payment_max": "payment_limit", "daily_amount_max": "daily_amount_limit",
    "daily_count_max": "daily_count_limit",
}  # fmt: skip
"""And why what passes them is declined."""


async def read(api: Api, types: str = "", after: str = "") -> tuple[list[Event], list[str]]:
    """All events until now, and the stream's position after each."""
    told = await api.get("/v1/events", follow="false", types=types or None, after=after or None)
    events: list[Event] = []
    positions: list[str] = []
    position = ""
    for line in LINE_END.split(str(told.body)):
        if line.startswith("id:"):
            position = line[3:].strip()
        elif line.startswith("data:"):
            events.append(msgspec.json.decode(line[5:].strip()))
            positions.append(position)
    return events, positions


def kind(event: Event) -> str:
    """`payment.settled`, `account.opened`, …"""
    return str(event["type"]).removeprefix(PREFIX)


def order(events: Sequence[Event]) -> list[str]:
    """Each once, and those of a payment or an account's settings in the order of their times."""
    wrong = repeated(events)
    last: dict[str, str] = {}
    for event in events:
        if event["time"] < last.get(event["subject"], ""):
            wrong.append(f"{event['id']} of {event['subject']} is earlier than the one before it")
        last[event["subject"]] = event["time"]
    return wrong


def payments(events: Iterable[Event], statuses: Mapping[str, str]) -> list[str]:
    """`statuses`: by payment, where it stands. Each begins once, with its first event, and ends as
    it stands; none is missing."""
    by_payment: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        if kind(event).startswith("payment."):
            by_payment[event["subject"]].append(event)
    wrong = []
    for id, status in statuses.items():
        told = by_payment.get(id, [])
        if not told:
            wrong.append(f"{id} has no event")
            continue
        data = [event["data"] for event in told]
        firsts = ["capture" in one for one in data]
        if firsts.count(True) != 1 or not firsts[0] or kind(told[0]) not in FIRST:
            wrong.append(f"{id} begins as {[kind(event) for event in told]}")
        if data[-1]["status"] != status:
            wrong.append(f"{id} is {status}, its last event says {data[-1]['status']}")
        if [event["time"] for event in told] != sorted(event["time"] for event in told):
            wrong.append(f"{id}: times run back")
    return wrong


def continued(events: Sequence[Event], rest: Sequence[Event], place: int) -> list[str]:
    """Going on from the position after an event tells everything that came later, once."""
    wanted = Counter(event["id"] for event in events[place + 1 :])
    got = Counter(event["id"] for event in rest if event["id"] in wanted)
    return [f"{id} is missing after event {place}" for id in (wanted - got)] + [
        f"{id} is told {count} times" for id, count in got.items() if count > 1
    ]


def limits(events: Iterable[Event], account: str) -> list[str]:
    """No payment passes a limit that was set before it, and each one declined for a limit would
    have. What was decided in one moment may have been decided in any order."""
    limit = dict.fromkeys(LIMITS, 0)
    day, amounts, count = "", 0, 0
    wrong = []
    for moment, group in groupby(sorted(_concerning(events, account), key=_moment), key=_moment):
        together = list(group)
        changes = [event["data"] for event in together if kind(event) in SETTINGS]
        possible = [limit, *({name: data[name] for name in LIMITS} for data in changes)]
        if moment[:10] != day:
            day, amounts, count = moment[:10], 0, 0
        paid = [e["data"]["amount"] for e in together if kind(e) in AUTHORISING]
        after = amounts + sum(paid), count + len(paid)
        for event in together:
            if kind(event) in SETTINGS:
                continue
            amount, reason = event["data"]["amount"], event["data"].get("decline_reason")
            least = after if len(possible) == 1 else (amounts + amount, count + 1)
            if kind(event) in AUTHORISING:
                good = any(not _passed(each, amount, *least) for each in possible)
            else:
                most = after[0] + amount, after[1] + 1
                good = reason not in LIMITS.values() or any(
                    reason in _passed(each, amount, *most) for each in possible
                )
            if not good:
                wrong.append(
                    f"{event['id']}: {amount} {kind(event)} {reason or ''}, {after[0]} paid in"
                    f" {after[1]} payments that day, under {possible}"
                )
        limit, amounts, count = possible[-1], *after
    return wrong


def _concerning(events: Iterable[Event], account: str) -> list[Event]:
    """Where its limits and its payments begin."""
    return [
        event
        for event in events
        if (kind(event) in SETTINGS and event["subject"] == account)
        or (event["data"].get("debtor") == account and "capture" in event["data"])
    ]


def _moment(event: Event) -> str:
    """When it was decided: a payment is settled when it has arrived."""
    return str(event["data"].get("occurred_at", event["time"]))


def _passed(limit: Mapping[str, int], amount: int, amounts: int, count: int) -> list[str]:
    """The reasons for which a payment is declined that makes it so much that day."""
    values = {"payment_max": amount, "daily_amount_max": amounts, "daily_count_max": count}
    return [LIMITS[name] for name, value in values.items() if 0 < limit[name] < value]
