"""A batch decided and laid out, ready for its commit: all of it at once, or, where a command
raises, one by one, so that it is answered alone and undone alone."""

from dataclasses import dataclass

import structlog

from headrace.actors.debtor_order import DebtorOrder
from headrace.actors.intake import Item
from headrace.runtime.commands import decide
from headrace.runtime.ledger import commit
from headrace.runtime.payments.answer import Answer, LegsAnswer, Refused
from headrace.runtime.payments.batch import Batch
from headrace.runtime.payments.book import Book
from headrace.runtime.payments.decide import Given
from headrace.runtime.payments.personal_text import seal_texts
from headrace.runtime.refusals import Refusal

log = structlog.get_logger("headrace.partition")


@dataclass(slots=True)
class Decided:
    """A batch waiting for its commit and then for its answers."""

    batch: Batch
    ready: commit.Commit
    items: list[Item]
    answers: list[Answer | LegsAnswer]
    failed: int = 0
    """Commands that raised: answered INTERNAL_ERROR, with nothing left of them."""

    def refuses(self) -> bool:
        """Whether anybody is refused."""
        return Refused in set(map(type, self.answers))


def decide_batch(
    book: Book, number: int, items: list[Item], given: Given, order: DebtorOrder
) -> Decided:
    """Batch `number`, or a later one: what is decided anew, or one by one, uses more numbers up."""
    batch = Batch(number)
    try:
        if order.concerns_anybody():
            answers = order.decide(book, batch, items, given)
        else:
            answers = decide(book, batch, enumerate([item[0] for item in items]), given)
            if batch.put_off and not order.kept(items, answers):
                book.undo(batch)
                batch = Batch(number + 1)
                answers = order.decide(book, batch, items, given)
        seal_texts(book, batch, batch.opened)
        return Decided(batch, commit.prepare(batch, book.partitions), items, answers)
    except Exception as error:  # decided again below, where it is told
        log.warning("batch_failed", commands=len(items), error=repr(error))
        book.undo(batch)
    return _one_by_one(book, batch.number, items, given, order)


def _one_by_one(
    book: Book, number: int, items: list[Item], given: Given, order: DebtorOrder
) -> Decided:
    whole = Batch(number)
    answers: list[Answer | LegsAnswer] = []
    failed = 0
    for index, item in enumerate(items):
        command = item[0]
        if behind := order.behind(item):
            answers.append(behind)
            continue
        number += 1
        part = Batch(number)
        try:
            (answer,) = decide(book, part, [(index, command)], given)
            seal_texts(book, part, whole.opened | part.opened)
            commit.prepare(part, book.partitions)
        except Exception:
            log.exception("command_failed", command=type(command).__name__)
            book.undo(part)
            answer = Refused(Refusal.INTERNAL_ERROR)
            failed += 1
        else:
            whole.absorb(part)
            order.note(item, answer)
        answers.append(answer)
    return Decided(whole, commit.prepare(whole, book.partitions), items, answers, failed)
