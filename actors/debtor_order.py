"""Payments of one call by one debtor are decided in their order or not at all: once one of them is
put off, so are those behind it, also in later batches."""

from collections.abc import Sequence
from typing import TypeGuard

from headrace.actors.intake import Item, Submission
from headrace.runtime.commands import decide
from headrace.runtime.payments.answer import Answer, LegsAnswer, Refused
from headrace.runtime.payments.batch import Batch
from headrace.runtime.payments.book import Book
from headrace.runtime.payments.command import Pay
from headrace.runtime.payments.decide import Given
from headrace.runtime.refusals import RETRYABLE

BEHIND = "an earlier payment of its debtor was put off"

_Debtor = tuple[int, str]
_Line = tuple[Submission, _Debtor]


class DebtorOrder:
    """Who was put off in calls that are not answered yet. Costs nothing while nobody is."""

    def __init__(self) -> None:
        self._put_off: dict[Submission, dict[_Debtor, Refused]] = {}

    def decide(
        self, book: Book, batch: Batch, items: Sequence[Item], given: Given
    ) -> list[Answer | LegsAnswer]:
        """One by one; raises what `decide` raises."""
        answers: list[Answer | LegsAnswer] = []
        for index, item in enumerate(items):
            answer: Answer | LegsAnswer | None = self.behind(item)
            if answer is None:
                (answer,) = decide(book, batch, [(index, item[0])], given)
                self.note(item, answer)
            answers.append(answer)
        return answers

    def behind(self, item: Item) -> Refused | None:
        """The answer to a payment whose debtor was put off before."""
        command, submission, _ = item
        if type(command) is not Pay or not self._put_off:
            return None
        return self._put_off.get(submission, {}).get((command.tenant, command.debtor))

    def note(self, item: Item, answer: Answer | LegsAnswer) -> None:
        """Remembers who was put off."""
        command, submission, _ = item
        if type(command) is Pay and _puts_off(answer):
            behind = Refused(answer.refusal, "", BEHIND)
            debtors = self._put_off.setdefault(submission, {})
            debtors.setdefault((command.tenant, command.debtor), behind)

    def concerns_anybody(self) -> bool:
        """Whether somebody was put off in a call that is not answered yet."""
        if self._put_off:
            self._put_off = {s: debtors for s, debtors in self._put_off.items() if s.left}
        return bool(self._put_off)

    def kept(self, items: Sequence[Item], answers: Sequence[Answer | LegsAnswer]) -> bool:
        """Whether a batch that was decided as if nobody were put off kept the order; if so, notes
        who was."""
        lines: set[_Line] = set()
        for (command, submission, _), answer in zip(items, answers, strict=True):
            if type(command) is Pay:
                line = submission, (command.tenant, command.debtor)
                if _puts_off(answer):
                    lines.add(line)
                elif line in lines:
                    return False
        for item, answer in zip(items, answers, strict=True):
            self.note(item, answer)
        return True


def _puts_off(answer: Answer | LegsAnswer) -> TypeGuard[Refused]:
    return isinstance(answer, Refused) and answer.refusal in RETRYABLE
