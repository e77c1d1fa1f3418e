"""Whose a record's text is, and that it is sealed before it is written, with a keyed hash of each
pair of metadata beside it, by which the payment is found.

The subject of a text is the debtor's account, or whose account is funded: it stands for its holder.
What the journal says of accounts is no personal text; their settings stay plain.
"""

from collections.abc import Collection

from headrace.runtime.journal.account_numbers import is_system_account
from headrace.runtime.journal.kinds import FIRST_KINDS, KINDS
from headrace.runtime.journal.record import Record
from headrace.runtime.keys.sealed_text import Where, is_sealed
from headrace.runtime.keys.subject_keys import SUBJECT_KEYS
from headrace.runtime.keys.text_digest import PairDigest
from headrace.runtime.keys.text_sealer import NewKey
from headrace.runtime.payments.batch import Batch
from headrace.runtime.payments.book import Book
from headrace.runtime.payments.metadata import PAYMENT_METADATA, Found, pairs_in

SETTINGS_KINDS = KINDS["settings"]
"""Their details are an account's settings."""


def seal_texts(book: Book, batch: Batch, opened: Collection[int]) -> None:
    """Seals the texts of a batch that was decided; once sealed they stay as they are.

    `opened`: accounts that no commit before the batch's has opened; they can't have a key yet.
    Raises LookupError when a subject's key was not looked up.
    """
    for record in batch.records:
        text = record.details
        if text is None or record.kind in SETTINGS_KINDS or is_sealed(text):
            continue
        if book.texts is None:
            raise LookupError("a text can't be written without a master key")
        subject = _subject(book, record)
        where = Where(record.partition, record.seq, record.payment)
        made: list[NewKey] = []
        try:
            record.details = book.texts.seal(
                subject, where, text, record.at, made, new=subject in opened
            )
            if record.kind in FIRST_KINDS:
                _note_metadata(batch, book.texts.pairs, record, text)
        finally:  # else a key that no commit writes would be used for the next text
            for key in made:
                batch.put(SUBJECT_KEYS, key.name, key)


def _note_metadata(batch: Batch, digest: PairDigest, record: Record, text: bytes) -> None:
    for pair in pairs_in(text):
        row = Found(digest.of(record.tenant, pair), record.payment)
        batch.put(PAYMENT_METADATA, row, row)


def _subject(book: Book, record: Record) -> int:
    if any(record.payment):
        payment = book.payments.get(record.payment)
        return record.debit if payment is None else payment.debtor
    return record.credit if is_system_account(record.debit) else record.debit
