"""Accounts that many pay from and to at once, held against the sum of their payments."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]
REST = frozenset(
    {
        "settled", "declined", "in_review", "cancelled", "expired", "returned", "refunded",
        "partially_refunded", "partially_captured", "authorized",
    }
)  # fmt: skip
"""Where nothing is on its way (`authorized` only of payments that are captured by hand)."""
NEXT = {
    "settled": {"settled", "partially_refunded", "refunded"},
    "declined": {"declined"},
    "authorized": {
        "authorized", "settled", "partially_refunded", "refunded", "cancelled", "expired",
        "partially_captured", "returned",
    },
    "in_review": {"in_review", "cancelled"},
}  # fmt: skip
"""What a payment first told as this can have become, when nobody decides on reviews."""


def payments(told: Mapping[str, Json], found: Sequence[Json]) -> list[str]:
    """`told`: by key, what each request was answered; `found`: all payments there are. Each
    acknowledged one is there once and as it was told; nothing else is."""
    by_key = Counter(str(payment["idempotency_key"]) for payment in found)
    wrong = [f"{key} was paid {count} times" for key, count in by_key.items() if count > 1]
    wrong += [f"{key} was acknowledged and is lost" for key in told.keys() - by_key.keys()]
    wrong += [f"{key} is there, and nobody was told" for key in by_key.keys() - told.keys()]
    for payment in found:
        answer = told.get(payment["idempotency_key"])
        if answer is None:
            continue
        if answer["id"] != payment["id"]:
            wrong.append(f"{payment['idempotency_key']}: {answer['id']} became {payment['id']}")
        if payment["status"] not in NEXT.get(answer["status"], REST):
            wrong.append(f"{payment['id']}: {answer['status']} became {payment['status']}")
    return wrong


def balances(
    opened_with: Mapping[str, int], found: Iterable[Json], accounts: Iterable[Json]
) -> list[str]:
    """Each account has what it was opened with and what its payments moved."""
    posted: Counter[str] = Counter(opened_with)
    held: Counter[str] = Counter()
    for payment in found:
        moved = payment["captured_amount"] - payment["refunded_amount"]
        posted[payment["debtor"]] -= moved
        posted[payment["creditor"]] += moved
        held[payment["debtor"]] += payment["held_amount"]
    return [
        f"{account['id']} has {account['posted']} and {account['held']} held, its payments come to"
        f" {posted[account['id']]} and {held[account['id']]}"
        for account in accounts
        if (account["posted"], account["held"]) != (posted[account["id"]], held[account["id"]])
    ]


def overdrawn(entries: Iterable[Json], credit_line: int) -> list[str]:
    """Moments at which an account had promised more than it had."""
    return [
        f"{entry['id']}: {entry['posted']} posted, {entry['held']} held, {credit_line} of credit"
        for entry in entries
        if entry["posted"] - entry["held"] + credit_line < 0
        and (entry["amount"] < 0 or entry["held_amount"] > 0)
    ]
