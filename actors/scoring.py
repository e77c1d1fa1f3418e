"""Risk's verdicts on a batch, from what is known of its debtors and creditors."""

from typing import Any, Protocol

from headrace.actors.intake import Item
from headrace.runtime.clock import now_us
from headrace.runtime.commands import COMMANDS
from headrace.runtime.journal.kinds import KINDS
from headrace.runtime.payments.answer import Refused
from headrace.runtime.payments.batch import Batch
from headrace.runtime.payments.book import Book
from headrace.runtime.payments.command import OpenAccount, Pay
from headrace.runtime.payments.decide_payment import Parties, Risk, parties
from headrace.runtime.risk.features import FeatureBatch, Matrix
from headrace.runtime.risk.windows import Windows

AUTHORISES = KINDS["authorises"]
STRANGER = Windows()
"""Of an account that its own batch opens."""

Verdicts = dict[int, tuple[Risk, Parties | None]]
"""By index in the batch, with the parties that were found for it."""


class Scorer(Protocol):
    """Risk's answer to a micro-batch: never raises, never takes longer than its time-out."""

    async def score(self, matrix: Matrix, amounts: list[int]) -> list[Risk]: ...


class CreditorWindows(Protocol):
    """What is known of creditors, at most as stale as it states."""

    def for_creditor(self, number: int) -> Windows | None: ...

    def observe(self, number: int, occurred_at_us: int, amount: int) -> None: ...


class Scoring:
    """Of one actor's payments."""

    def __init__(self, book: Book, scorer: Scorer, creditors: CreditorWindows) -> None:
        self._book = book
        self._scorer = scorer
        self._creditors = creditors

    async def verdicts(self, items: list[Item]) -> Verdicts:
        """What has a known key or an unknown party is not scored, and is not paid without; an
        account that the batch itself opens is a stranger."""
        rows, amounts, indices = FeatureBatch(), [], {}
        now, book, for_creditor = now_us(), self._book, self._creditors.for_creditor
        opening = {(c.tenant, c.account) for c, _, _ in items if type(c) is OpenAccount}
        for index, item in enumerate(items):
            command: Any = item[0]
            kind = type(command)
            if kind is not Pay and not COMMANDS[kind].scored:
                continue
            if (command.tenant, command.key) in book.keys:
                continue
            found: Parties | None = None
            both = parties(book, command)
            if not isinstance(both, Refused):
                found = both
                debtor, creditor = both[0].windows, for_creditor(both[1].number)
            elif opening:
                debtor, creditor = self._strangers(command, opening)
            else:
                continue
            if debtor is None:
                continue
            rows.add(command.amount, command.occurred_at or now, debtor, creditor)
            amounts.append(command.amount)
            indices[index] = found
        if not indices:
            return {}
        scored = await self._scorer.score(rows.matrix(), amounts)
        return dict(zip(indices, zip(scored, indices.values(), strict=True), strict=True))

    def _strangers(
        self, command: Pay, opening: set[tuple[int, str]]
    ) -> tuple[Windows | None, Windows | None]:
        """Windows of debtor and creditor, one of whom may be about to be opened; None for a debtor
        that is neither known nor that."""
        debtor = self._book.by_id.get(key := (command.tenant, command.debtor))
        windows = debtor.windows if debtor is not None else STRANGER if key in opening else None
        wanted = command.tenant, command.creditor
        creditor = self._book.by_id.get(wanted) or self._book.creditors.get(wanted)
        return windows, None if creditor is None else self._creditors.for_creditor(creditor.number)

    def committed(self, batch: Batch) -> None:
        """Its creditors have been paid, or will be."""
        observe = self._creditors.observe
        for record in batch.records:
            if record.kind in AUTHORISES:
                observe(record.creditor, record.occurred_at, record.amount)
