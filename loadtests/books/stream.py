"""The stream of events, read to its end, and what is held against it."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from headrace.loadtests.books.api import Api
from headrace.loadtests.books.judge import repeated

Event = dict[str, Any]
LINE_END = re.compile(r"\r\n|[\r\n]")
"""Nowhere else a line of such a stream ends (WHATWG HTML, section 9.2.5)."""
PREFIX = "com.headrace."
FIRST = frozenset(
    f"payment.{k}" for k in ("settled", "debited", "declined", "held", "held_for_review")
)
"""The events of which every payment has exactly one, before all others."""
AUTHORISING = FIRST - {"payment.declined"}


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
    """In the order of the ledger: no payment passes a limit that was set before it, and each one
    declined for a limit would have."""
    limit = {"payment_max": 0, "daily_amount_max": 0, "daily_count_max": 0}
    day, amounts, count = "", 0, 0
    wrong = []
    for event in events:
        data, name = event["data"], kind(event)
        if name in ("account.opened", "account.changed") and event["subject"] == account:
            limit = {key: data[key] for key in limit}
        if data.get("debtor") != account or "capture" not in data:
            continue
        if event["time"][:10] != day:
            day, amounts, count = event["time"][:10], 0, 0
        amount = data["amount"]
        passed = {
            "payment_limit": 0 < limit["payment_max"] < amount,
            "daily_amount_limit": 0 < limit["daily_amount_max"] < amounts + amount,
            "daily_count_limit": 0 < limit["daily_count_max"] < count + 1,
        }
        reason = data.get("decline_reason")
        first = next((name for name, is_so in passed.items() if is_so), None)
        if name in AUTHORISING:
            amounts, count = amounts + amount, count + 1
            if first:
                wrong.append(
                    f"{event['id']}: {amount} paid, {amounts} in {count} payments that day, over"
                    f" {first} of {limit}"
                )
        elif reason in passed and reason != first:
            wrong.append(
                f"{event['id']}: {amount} declined for {reason}, with {amounts} in {count} payments"
                f" under {limit}"
            )
    return wrong
