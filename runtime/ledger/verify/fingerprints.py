"""Fingerprints made again: each key stands with the hash of what the ledger says was asked with it.

Most of a request stands in its record. What doesn't is tried: whether an amount or a time was given
or left to the platform, whether a capture was final, and how long a hold was to last where nothing
was held in the end. That can be any number of seconds, so the usual ones are tried first, then
all, for a bounded number of records; those that are left are told as `unchecked`.
"""

from collections.abc import Iterable

from asyncpg import Record as Row

from headrace.runtime.journal.kinds import FIRST_KINDS, RecordKind
from headrace.runtime.journal.reasons import DeclineReason
from headrace.runtime.journal.record import NO_LEG
from headrace.runtime.ledger.connect import Connection
from headrace.runtime.ledger.statements import load
from headrace.runtime.ledger.verify.found import Found
from headrace.runtime.payments import fingerprint
from headrace.runtime.payments.command import PaymentAction

SQL = load("headrace.runtime.ledger.verify", "asked_by_code")
K, A = RecordKind, PaymentAction
EXPIRES_IN_S_MAX = 90 * 24 * 3600
"""As of the API (serve/gateway/fields.py)."""
WHOLE_MINUTES = range(60, EXPIRES_IN_S_MAX + 1, 60)
MINUTES_TRIED_MAX = 50
"""Records for which whole minutes are tried, 0.1 s each."""
ALL_TRIED_MAX = 2
"""Records for which every second is tried, up to 8 s each."""
REMEMBERED_MAX = 64
"""Lengths that were found: who gives one gives it often."""


class _Expiries:
    """Finds the `expires_in_s` that a record doesn't show."""

    def __init__(self) -> None:
        self.remembered: list[int] = []
        self.minutes = MINUTES_TRIED_MAX
        self.all = ALL_TRIED_MAX

    def explain(self, row: Row) -> bool | None:
        """Whether some length explains the fingerprint; None: not all were tried."""
        if self._one_of(self.remembered, row):
            return True
        if not self.minutes:
            return None
        self.minutes -= 1
        if self._one_of(WHOLE_MINUTES, row):
            return True
        if not self.all:
            return None
        self.all -= 1
        return self._one_of(range(1, EXPIRES_IN_S_MAX + 1), row)

    def _one_of(self, seconds: Iterable[int], row: Row) -> bool:
        for occurred_at in _times(row):
            found = fingerprint.expiry_behind(
                row["fingerprint"], seconds, row["debtor"], row["creditor"], row["amount"],
                row["currency"], row["leg"] == NO_LEG, occurred_at, row["reference"],
                row["details"],
            )  # fmt: skip
            if found is not None:
                if found in self.remembered:
                    self.remembered.remove(found)
                self.remembered.insert(0, found)
                del self.remembered[REMEMBERED_MAX:]
                return True
        return False


async def fingerprints_are_the_requests(connection: Connection) -> Found:
    """Whatever was asked with a key is what the ledger says was."""
    expiries = _Expiries()
    seen, unchecked, wrong, first = 0, 0, 0, None
    async for row in connection.cursor(SQL["asked"], prefetch=10_000):
        seen += 1
        candidates = _candidates(row)
        if candidates is None:
            unchecked += 1
            continue
        if row["fingerprint"] in candidates:
            continue
        searched = row["kind"] in FIRST_KINDS and row["kind"] != K.HELD and _named(row)
        explained = expiries.explain(row) if searched else False
        if explained is None:
            unchecked += 1
        elif not explained:
            wrong, first = wrong + 1, first or f"{row['partition']}:{row['seq']}"
    return Found(f"{seen} fingerprints, {unchecked} unchecked", wrong, first)


def _named(row: Row) -> bool:
    return row["debtor"] is not None and row["creditor"] is not None


def _candidates(row: Row) -> Iterable[int] | None:
    """Fingerprints of the requests that can have led to a record; None: it isn't known how to make
    those of its kind."""
    kind, payment, amount = row["kind"], row["payment"], row["amount"]
    if kind in FIRST_KINDS:
        if not _named(row):
            return ()
        lasted = (0,)
        if kind == K.HELD and row["expires_at"]:
            lasted = (0, (row["expires_at"] - row["at"]) // 1_000_000)  # type: ignore[assignment]
        return (
            fingerprint.payment(
                row["debtor"], row["creditor"], amount, row["currency"], row["leg"] == NO_LEG,
                occurred_at, expires_in_s, row["reference"], row["details"],
            )
            for occurred_at in _times(row)
            for expires_in_s in lasted
        )  # fmt: skip
    asked = row["currency"], row["reference"], row["details"]
    match kind:
        case K.DEPOSITED:
            return (fingerprint.fund(row["creditor"], amount, *asked),)
        case K.WITHDRAWN:
            return (fingerprint.fund(row["debtor"], -amount, *asked),)
        case K.CAPTURED if row["leg"]:
            return (
                fingerprint.capture(payment, asked_for, final)
                for asked_for in (amount, 0)
                for final in (True, False)
            )
        case K.CAPTURED | K.ACCEPTED:
            return (fingerprint.decision(A.ACCEPT, payment),)
        case K.RELEASED:
            rejected = row["reason"] == DeclineReason.REVIEW_REJECTED
            return (fingerprint.decision(A.REJECT if rejected else A.CANCEL, payment),)
        case K.REFUND_REQUESTED:
            return (fingerprint.refund(payment, amount), fingerprint.refund(payment, 0))
        case _ if RecordKind(kind).facts.key:
            return None
        case _:
            return ()


def _times(row: Row) -> tuple[int, ...]:
    """What `occurred_at` can have been in the request: given, or not (0)."""
    occurred_at = row["occurred_at"]
    return (0, occurred_at) if occurred_at == row["at"] else (occurred_at,)
