"""Fingerprints made again: each key stands with the hash of what the ledger says was asked with it.

Most of a request stands in its record. What doesn't is tried: whether an amount or a time was given
or left to the platform, whether a capture was final, and how long a hold was to last where nothing
was held in the end. That can be any number of seconds, so the usual ones are tried first, then
all, for a bounded number of records; those that are left are told as `unchecked`.
"""

from collections.abc import Iterable, Sequence

from asyncpg import Record as Row

from headrace.runtime.database.check import Found
from headrace.runtime.database.connect import Connection
from headrace.runtime.database.sql_by_name import load
from headrace.runtime.journal.kinds import FIRST_KINDS, RecordKind
from headrace.runtime.journal.reasons import DeclineReason
from headrace.runtime.journal.record import NO_LEG
from headrace.runtime.keys.master_key import MasterKey
from headrace.runtime.keys.sealed_text import Where, is_sealed
from headrace.runtime.keys.unsealing import Lost, unsealed
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
ROWS_AT_ONCE = 10_000
REMEMBERED_MAX = 64
"""Lengths that were found: who gives one gives it often."""


class _Expiries:
    """Finds the `expires_in_s` that a record doesn't show."""

    def __init__(self) -> None:
        self.remembered: list[int] = []
        self.minutes = MINUTES_TRIED_MAX
        self.all = ALL_TRIED_MAX

    def explain(self, row: Row, text: bytes | None) -> bool | None:
        """Whether some length explains the fingerprint; None: not all were tried."""
        if self._one_of(self.remembered, row, text):
            return True
        if not self.minutes:
            return None
        self.minutes -= 1
        if self._one_of(WHOLE_MINUTES, row, text):
            return True
        if not self.all:
            return None
        self.all -= 1
        return self._one_of(range(1, EXPIRES_IN_S_MAX + 1), row, text)

    def _one_of(self, seconds: Iterable[int], row: Row, text: bytes | None) -> bool:
        for occurred_at in _times(row):
            found = fingerprint.expiry_behind(
                row["fingerprint"], seconds, row["debtor"], row["creditor"], row["amount"],
                row["currency"], row["leg"] == NO_LEG, occurred_at, row["reference"],
                text,
            )  # fmt: skip
            if found is not None:
                if found in self.remembered:
                    self.remembered.remove(found)
                self.remembered.insert(0, found)
                del self.remembered[REMEMBERED_MAX:]
                return True
        return False


async def fingerprints_are_the_requests(
    connection: Connection, master: MasterKey | None = None
) -> Found:
    """Whatever was asked with a key is what the ledger says was. A text that was sealed under a key
    that is gone belongs to it, and leaves it unchecked; without `master` every text does."""
    expiries = _Expiries()
    seen, unchecked, wrong, first = 0, 0, 0, None
    cursor = await connection.cursor(SQL["asked"])
    while rows := await cursor.fetch(ROWS_AT_ONCE):
        seen += len(rows)
        for row, details in zip(rows, await _details(connection, master, rows), strict=True):
            right = None
            if not isinstance(details, Lost):
                text = master.digest.of(details) if master is not None else details
                right = _explained(expiries, row, text)
            elif details is Lost.DAMAGED:
                right = False
            if right is None:
                unchecked += 1
            elif not right:
                wrong, first = wrong + 1, first or f"{row['partition']}:{row['seq']}"
    return Found(f"{seen} fingerprints, {unchecked} unchecked", wrong, first)


async def _details(
    connection: Connection, master: MasterKey | None, rows: Sequence[Row]
) -> list[bytes | Lost | None]:
    """Of each row, in plain."""
    told: list[bytes | Lost | None] = [row["details"] for row in rows]
    sealed = [index for index, row in enumerate(rows) if is_sealed(row["details"])]
    if sealed:
        texts = [
            (Where(row["partition"], row["seq"], row["payment"]), row["details"])
            for row in (rows[index] for index in sealed)
        ]
        for index, text in zip(sealed, await unsealed(connection, master, texts), strict=True):
            told[index] = text
    return told


def _explained(expiries: _Expiries, row: Row, text: bytes | None) -> bool | None:
    """Whether a request that leads to the record has its fingerprint; None: not all were tried."""
    candidates = _candidates(row, text)
    if candidates is None:
        return None
    if row["fingerprint"] in candidates:
        return True
    searched = row["kind"] in FIRST_KINDS and row["kind"] != K.HELD and _named(row)
    return expiries.explain(row, text) if searched else False


def _named(row: Row) -> bool:
    return row["debtor"] is not None and row["creditor"] is not None


def _candidates(row: Row, text: bytes | None) -> Iterable[int] | None:
    """Fingerprints of the requests that can have led to a record; None: it isn't known how to make
    those of its kind."""
    kind, payment, amount = row["kind"], row["payment"], row["amount"]
    if kind in FIRST_KINDS:
        if not _named(row):
            return ()
        lasted: tuple[int, ...] = (0,)
        if kind == K.HELD and row["expires_at"]:
            lasted = (0, (row["expires_at"] - row["at"]) // 1_000_000)
        return (
            fingerprint.payment(
                row["debtor"], row["creditor"], amount, row["currency"], row["leg"] == NO_LEG,
                occurred_at, expires_in_s, row["reference"], text,
            )
            for occurred_at in _times(row)
            for expires_in_s in lasted
        )  # fmt: skip
    asked = row["currency"], row["reference"], text
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
