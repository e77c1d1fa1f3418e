"""A batch decided and laid out, ready for its commit: all of it at once, or, where a command
raises, one by one, so that it is answered alone and undone alone."""

from dataclasses import dataclass

import structlog

from headrace.actors.intake import Item
from headrace.runtime.ledger import commit
from headrace.runtime.payments.answer import Answer, LegsAnswer, Refused
from headrace.runtime.payments.book import Batch, Book
from headrace.runtime.payments.decide import Given, decide
from headrace.runtime.payments.personal_text import seal_texts
from headrace.runtime.payments.refusals import Refusal

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


def decide_batch(book: Book, number: int, items: list[Item], given: Given) -> Decided:
    """Batch `number`, or a later one: a batch that is decided one by one uses more numbers up."""
    batch = Batch(number)
    try:
        answers = decide(book, batch, enumerate([item[0] for item in items]), given)
        seal_texts(book, batch, batch.opened)
        return Decided(batch, commit.prepare(batch, book.partitions), items, answers)
    except Exception as error:  # decided again below, where it is told
        log.warning("batch_failed", commands=len(items), error=repr(error))
        book.undo(batch)
    return _one_by_one(book, number, items, given)


def _one_by_one(book: Book, number: int, items: list[Item], given: Given) -> Decided:
    whole = Batch(number)
    answers: list[Answer | LegsAnswer] = []
    failed = 0
    for place, (command, _, _) in enumerate(items):
        number += 1
        part = Batch(number)
        try:
            (answer,) = decide(book, part, [(place, command)], given)
            seal_texts(book, part, whole.opened | part.opened)
            commit.prepare(part, book.partitions)
        except Exception:
            log.exception("command_failed", command=type(command).__name__)
            book.undo(part)
            answer = Refused(Refusal.INTERNAL_ERROR)
            failed += 1
        else:
            whole.absorb(part)
        answers.append(answer)
    return Decided(whole, commit.prepare(whole, book.partitions), items, answers, failed)
