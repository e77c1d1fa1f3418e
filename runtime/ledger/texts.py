"""Personal text of records, unsealed for their readers."""

from collections.abc import Iterable

from headrace.runtime.database.connect import Database
from headrace.runtime.journal.record import Record
from headrace.runtime.keys.master_key import MasterKey
from headrace.runtime.keys.sealed_text import Where, is_sealed
from headrace.runtime.keys.unsealing import Lost, unsealed


class Texts:
    """What can't be read (forgotten, damaged) is told as if it had never been given."""

    def __init__(self, db: Database, master: MasterKey | None) -> None:
        self._db = db
        self._master = master

    async def unseal(self, records: Iterable[Record]) -> None:
        """Puts the plain text, or None, in place of sealed ones: one statement for all records."""
        sealed = [r for r in records if is_sealed(r.details)]
        if not sealed:
            return
        texts = [(Where(r.partition, r.seq, r.payment), r.details or b"") for r in sealed]
        found = await unsealed(self._db, self._master, texts)
        for record, text in zip(sealed, found, strict=True):
            record.details = None if isinstance(text, Lost) else text
