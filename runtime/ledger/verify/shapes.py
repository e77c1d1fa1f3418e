"""What a record of each kind looks like (runtime/journal/kinds.py), as columns for checks of single
records."""

from collections.abc import Iterable, Sequence

from headrace.runtime.journal.kinds import RecordKind


def parties() -> list[list[int]]:
    """Kind, whether it has an amount; kind, what may be debited; kind, what may be credited."""
    amounts = [(k, not k.facts.settings) for k in RecordKind]
    debits = [(k, party) for k in RecordKind for party in k.facts.debit.parties]
    credits = [(k, party) for k in RecordKind for party in k.facts.credit.parties]
    return [*_columns(amounts), *_columns(debits), *_columns(credits)]


def fields() -> list[list[int]]:
    """Kind, smallest and largest leg, key, whether it expires and is scored."""
    rows = [(k, k.facts) for k in RecordKind]
    return _columns((k, *f.legs, f.key, f.expires, f.first) for k, f in rows)


def reasons() -> list[list[int]]:
    """Kind, and a reason that it may have."""
    return _columns((k, reason) for k in RecordKind for reason in {*k.facts.reasons})


def _columns(rows: Iterable[Sequence[int]]) -> list[list[int]]:
    return [list(column) for column in zip(*rows, strict=True)]
