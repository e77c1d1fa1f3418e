"""What an answer is held against. Each judge returns what is wrong, in words."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from headrace.loadtests.books.api import Told
from headrace.loadtests.books.model.outcome import Outcome
from headrace.loadtests.books.tally import differences

Json = Mapping[str, Any]
STABLE = (
    "id", "debtor", "creditor", "amount", "currency", "capture", "idempotency_key", "reference",
    "description", "metadata",
)  # fmt: skip
"""Members of a payment that never change."""
MOVED = frozenset({"settled", "partially_refunded", "refunded"})
LINE = ("payment", "amount", "held_amount", "currency")


def answer(expected: Outcome, told: Told) -> list[str]:
    """A request's answer for good."""
    if expected.refused:
        return refusal(expected, told.status, told.body)
    wrong = []
    if told.status != expected.status:
        wrong.append(f"status: expected {expected.status}, got {told.status}")
    if told.replayed != expected.replayed and not (told.replayed and told.doubtful):
        wrong.append(f"Idempotent-Replayed: expected {expected.replayed}, got {told.replayed}")
    return wrong + differences(expected.body, told.body)


def refusal(expected: Outcome, status: int, body: Any) -> list[str]:
    """A problem document, of a request or of a batch's item."""
    wanted = {"status": expected.status, "code": expected.code}
    wrong = differences(wanted, body)
    if status != expected.status:
        wrong.append(f"status: expected {expected.status}, got {status}")
    if expected.field_name and not wrong:
        blamed = [error.get("field") for error in body.get("errors", ())]
        if expected.field_name not in blamed:
            wrong.append(f"errors: expected one of {expected.field_name}, got {blamed}")
    return wrong


def item(expected: Outcome, told: Json, *, doubtful: bool) -> list[str]:
    """An item of a batch just made. Money that crosses may still be on its way."""
    if expected.refused:
        return refusal(expected, told.get("status", 0), told.get("problem"))
    wrong = differences({"status": expected.status}, told)
    replayed = told.get("replayed", False)
    if replayed != expected.replayed and not (replayed and doubtful):
        wrong.append(f"replayed: expected {expected.replayed}, got {replayed}")
    payment = told.get("payment")
    if not isinstance(payment, dict):
        return [*wrong, "payment: missing"]
    return wrong + status_of(expected.body, payment, crossing=True)


def item_read_again(expected: Outcome | None, now: Json | None, told: Json) -> list[str]:
    """An item of a batch read again. `expected`: as it was refused at first; `now`: its payment as
    it stands, None when it has none."""
    if now is not None:
        payment = told.get("payment")
        if not isinstance(payment, dict):
            return [f"payment: missing, expected {now['id']} {now['status']}"]
        return differences({"status": 201}, told) + status_of(now, payment, crossing=False)
    if expected is None:
        return ["the item is unknown to the client"]
    if "payment" in told:
        return [f"payment: told of an item that was refused as {expected.code}"]
    problem = told.get("problem") or {}
    kept = problem.get("code") == expected.code and told.get("status") == expected.status
    absent = problem.get("code") == "unknown_payment" and expected.code != "key_reused"
    if kept or absent:
        return []
    return [f"problem: expected {expected.code}, got {problem.get('code')}, {told.get('status')}"]


def status_of(expected: Json, payment: Json, *, crossing: bool) -> list[str]:
    """A batch's short form of a payment."""
    wrong = differences({"idempotency_key": expected["idempotency_key"]}, payment)
    if "id" in expected:
        wrong += differences({"id": expected["id"]}, payment)
    allowed = {expected["status"]}
    if crossing and expected["status"] in MOVED and expected["capture"] == "automatic":
        allowed.add("authorized")
    if payment.get("status") not in allowed:
        wrong.append(f"status: expected {sorted(allowed)}, got {payment.get('status')}")
    if payment.get("decline_reason") != expected["decline_reason"]:
        wrong.append(
            f"decline_reason: expected {expected['decline_reason']},"
            f" got {payment.get('decline_reason')}"
        )
    return wrong


def replay(first: Json, told: Told, status: int = 201) -> list[str]:
    """The first answer again. Where money crossed, it was on its way when first answered."""
    wrong = differences({"status": status}, {"status": told.status})
    if not told.replayed:
        wrong.append("Idempotent-Replayed: expected True, got False")
    if wrong or not isinstance(told.body, dict):
        return wrong
    if "kind" in first:
        return differences(first, told.body)
    if "payment" in first:
        stable = {name: first["payment"][name] for name in STABLE if name in first["payment"]}
        return differences({"amount": first["amount"], "payment": stable}, told.body)
    wrong = differences({name: first[name] for name in STABLE}, told.body)
    automatic = first["capture"] == "automatic" and first["status"] == "settled"
    on_its_way = {"authorized", "captured"} if automatic else set()
    if told.body.get("status") not in {first["status"], *on_its_way}:
        wrong.append(f"status: expected {first['status']}, got {told.body.get('status')}")
    return wrong + differences({"decline_reason": first["decline_reason"]}, told.body)


def statement(expected: Iterable[Json], told: Sequence[Json], account: Json) -> list[str]:
    """A whole statement, newest first as it is told: the same changes as in the client's books,
    each balance that of the line before it and the change."""

    def lines(entries: Iterable[Json]) -> Counter[tuple[Any, ...]]:
        return Counter(tuple(entry[name] for name in LINE) for entry in entries)

    ours, theirs = lines(expected), lines(told)
    wrong = [f"missing: {line}" for line in (ours - theirs).elements()]
    wrong += [f"not expected: {line}" for line in (theirs - ours).elements()]
    return wrong + chain(told, account)


def texts(told: Sequence[Json], payments: Mapping[str, Json]) -> list[str]:
    """Each entry of a payment shows the payment's reference and description."""
    wrong = []
    for entry in told:
        payment = payments.get(entry["payment"])
        if payment is not None:
            shown = {name: entry[name] for name in ("reference", "description")}
            wanted = {name: payment[name] for name in shown}
            wrong += [f"{entry['id']} {line}" for line in differences(wanted, shown)]
    return wrong


def chain(told: Sequence[Json], account: Json) -> list[str]:
    """Each entry once, in order, its balances those before it and its change; the newest those of
    the account."""
    wrong = repeated(told)
    posted, held, moment = 0, 0, ""
    for entry in reversed(told):
        posted += entry["amount"]
        held += entry["held_amount"]
        if (entry["posted"], entry["held"]) != (posted, held):
            wrong.append(
                f"{entry['id']}: {entry['posted']} posted and {entry['held']} held,"
                f" summed up {posted} and {held}"
            )
            posted, held = entry["posted"], entry["held"]
        if entry["at"] < moment:
            wrong.append(f"{entry['id']} is earlier than the entry before it")
        moment = entry["at"]
    if (posted, held) != (account["posted"], account["held"]):
        wrong.append(
            f"the account has {account['posted']} and {account['held']}, its statement ends with"
            f" {posted} and {held}"
        )
    return wrong


def adjoining(whole: Sequence[Json], parts: Sequence[Sequence[Json]]) -> list[str]:
    """Statements over adjoining ranges, oldest range first, hold each entry exactly once, and the
    sum of each is the difference of the balances around it."""
    found = Counter(entry["id"] for part in parts for entry in part)
    wrong = [f"{e['id']} of {e['at']} is in no range" for e in whole if not found[e["id"]]]
    wrong += [f"{id} is in {count} ranges" for id, count in found.items() if count > 1]
    before = 0
    for part in parts:
        if not part:
            continue
        total = sum(entry["amount"] for entry in part)
        if part[0]["posted"] - before != total:
            wrong.append(
                f"a range from {before} to {part[0]['posted']} posted has entries of {total}"
            )
        before = part[0]["posted"]
    return wrong


def as_of(whole: Sequence[Json], moment: str, told: Json) -> list[str]:
    """An account as it stood at a moment at which it did not change."""
    past = next((entry for entry in whole if entry["at"] < moment), None)
    wanted = {"posted": past["posted"], "held": past["held"]} if past else {"posted": 0, "held": 0}
    return differences(wanted, told)


def page_order(
    told: Sequence[Json], expected: Iterable[str], *, more_may_come: bool = False
) -> list[str]:
    """A list read page by page: newest first to the millisecond, each once, none missing."""
    wrong = repeated(told)
    seen, wanted = {item["id"] for item in told}, set(expected)
    wrong += [f"{id} is missing" for id in sorted(wanted - seen)]
    if not more_may_come:
        wrong += [f"{id} is not expected" for id in sorted(seen - wanted)]
    moments = [item["created_at"][: len("2026-01-01T00:00:00.000")] for item in told]
    if moments != sorted(moments, reverse=True):
        wrong.append("not newest first")
    return wrong


def timeline(told: Sequence[Json], payment: Json) -> list[str]:
    """Ends where the payment stands, and every id once."""
    if not told:
        return ["empty"]
    wrong = repeated(told)
    if told[-1]["status"] != payment["status"]:
        wrong.append(f"ends as {told[-1]['status']}, the payment is {payment['status']}")
    if [entry["at"] for entry in told] != sorted(entry["at"] for entry in told):
        wrong.append("its times run back")
    return wrong


def repeated(told: Iterable[Json]) -> list[str]:
    """Ids are opaque; each is told once."""
    seen = Counter(one["id"] for one in told)
    return [f"{id} is told {count} times" for id, count in seen.items() if count > 1]


def expires(wanted_s: int | None, since: str, told: str | None) -> list[str]:
    """A hold's end, to the microsecond."""
    if wanted_s is None or told is None:
        return [] if wanted_s is None else ["expires_at: null"]
    lasts_s = (datetime.fromisoformat(told) - datetime.fromisoformat(since)).total_seconds()
    return [] if lasts_s == wanted_s else [f"expires_at: {lasts_s} s later, asked for {wanted_s}"]
