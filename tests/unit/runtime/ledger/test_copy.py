"""Binary COPY against PostgreSQL's documentation of it ("COPY", section "Binary Format")."""

from struct import pack, unpack_from

import pytest

from headrace.runtime.clock import POSTGRES_EPOCH_US
from headrace.runtime.journal.record import COLUMNS, NEVER_NULL, NO_LEG, ROW, Record, rows
from headrace.runtime.ledger.copy import HEADER, TRAILER, encode

SIZES = {
    "seq": 8, "credit_seq": 8, "debit": 8, "credit": 8, "creditor": 8, "amount": 8,
    "debit_posted": 8, "debit_held": 8, "credit_posted": 8, "credit_held": 8, "at": 8,
    "occurred_at": 8, "fingerprint": 8, "payment": 16, "trace": 16, "tenant": 4, "risk_flags": 4,
    "partition": 2, "credit_partition": 2, "kind": 2, "state": 2, "reason": 2, "leg": 2,
    "currency": 2, "risk_score": 2, "risk_model": 2, "epoch": 4,
}  # fmt: skip
"""Bytes of each column's type; whatever is left has a length of its own."""
TIMES = ("at", "occurred_at", "expires_at")


def fields_of(stream):
    """Each row of a stream as column -> bytes (None: null), read as the documentation says."""
    assert stream[:11] == b"PGCOPY\n\xff\r\n\0", "signature"
    flags, extension = unpack_from(">ii", stream, 11)
    assert (flags, extension) == (0, 0)
    place, told = 19, []
    while (count := unpack_from(">h", stream, place)[0]) != -1:
        place += 2
        assert count == len(COLUMNS)
        row = {}
        for name in COLUMNS:
            (length,) = unpack_from(">i", stream, place)
            place += 4
            row[name] = None if length == -1 else stream[place : place + length]
            place += max(length, 0)
        told.append(row)
    assert stream[place:] == b"\xff\xff", "nothing follows the trailer"
    return told


def expected(record):
    """A record's columns, laid out one by one."""
    row = {}
    for name in COLUMNS:
        value = getattr(record, name)
        if name in TIMES and value is not None:
            value -= POSTGRES_EPOCH_US
        if isinstance(value, str):
            value = value.encode()
        elif isinstance(value, int):
            value = pack({8: ">q", 4: ">i", 2: ">h"}[SIZES.get(name, 8)], value)
        row[name] = value
    return row


def record(**fields):
    """Every column its own figure."""
    given = {name: n + 1 for n, name in enumerate(SIZES)}
    given |= {"payment": bytes(range(16)), "trace": bytes(range(16, 32))}
    return Record(**{n: v for n, v in given.items() if n in COLUMNS} | fields)


TAILS = [
    {},
    {"key": "k"},
    {"key": ""},
    {"key": "ä€𝄞" * 60},
    {"reference": "ref"},
    {"details": b"{}"},
    {"expires_at": POSTGRES_EPOCH_US + 5},
    {"expires_at": POSTGRES_EPOCH_US - 5},
    {"key": "k", "reference": "ref", "details": b"\xff" * 300, "expires_at": 1},
    {"key": "k", "reference": ""},
    {"key": "k", "details": b""},
    {"key": "k", "expires_at": 0},
]
EDGES = [
    {"amount": 2**63 - 1, "debit_posted": -(2**63), "fingerprint": -1},
    {"tenant": 2**31 - 1, "risk_flags": -(2**31)},
    {"leg": NO_LEG, "risk_score": -1, "partition": 2**15 - 1, "currency": 999},
    {"payment": b"\0" * 15 + b"\1", "trace": b"\1" + b"\0" * 15},
    {"at": 0, "occurred_at": POSTGRES_EPOCH_US},
    {"at": 4 * POSTGRES_EPOCH_US, "occurred_at": -1},
]


@pytest.mark.parametrize("fields", TAILS + EDGES)
def test_a_record_is_laid_out_as_documented(fields):
    told = record(**fields)
    assert fields_of(encode([told])) == [expected(told)]


def test_records_go_in_the_order_of_their_keys():
    """So that two writers with the same keys wait for each other, and never in a circle."""
    given = [(2, "a"), (1, "c"), (1, None), (2, None), (1, "b"), (1, None)]
    told = [record(seq=n, tenant=t, key=key) for n, (t, key) in enumerate(given)]
    order = [2, 3, 5, 4, 1, 0]
    assert fields_of(encode(told)) == [expected(told[n]) for n in order]


def test_records_with_every_tail_stand_beside_each_other():
    told = sorted(
        (record(seq=n, **fields) for n, fields in enumerate(TAILS)),
        key=lambda r: (r.key is not None, r.key or ""),
    )
    assert fields_of(encode(told)) == [expected(r) for r in told]


def test_each_partitions_epoch_is_written_in_place_of_the_records():
    told = [record(partition=n, seq=n, key=str(n), credit_partition=0, epoch=99) for n in (3, 0, 1)]
    more = as_columns(record(partition=3, epoch=98), record(partition=1, epoch=97))
    epochs = {0: 7, 3: 2**31 - 1, 1: 5}
    rows_told = fields_of(encode(told, [more], epochs))
    assert [row["epoch"] for row in rows_told] == [
        pack(">i", n) for n in (7, 5, 2**31 - 1, 2**31 - 1, 5)
    ]
    assert [row["partition"] for row in rows_told] == [pack(">h", n) for n in (0, 1, 3, 3, 1)]


def test_without_records_epochs_do_not_matter():
    assert encode([], (), {}) == encode([], (), {1: 2}) == HEADER + TRAILER


def test_nothing_is_a_header_and_a_trailer():
    assert encode([]) == encode([], []) == HEADER + TRAILER
    assert fields_of(encode([])) == []


def as_columns(*records):
    laid_out = rows(len(records))
    for name in NEVER_NULL:
        laid_out[name] = [getattr(r, name) for r in records]
    return laid_out


def test_columns_are_laid_out_like_records_and_behind_them():
    records = [record(seq=n, at=n, leg=-n) for n in range(1, 6)]
    first, second = as_columns(*records[1:3]), as_columns(*records[3:])
    before = first.copy()
    assert fields_of(encode(records[:1], [first, second])) == [expected(r) for r in records]
    assert (first == before).all(), "what was handed over is not changed"


def test_columns_alone_are_a_stream():
    told = record()
    assert fields_of(encode([], [as_columns(told)])) == [expected(told)]
    assert encode([], [as_columns(told)]) == encode([told])


def test_a_row_has_the_journals_columns_and_their_sizes():
    assert {name: ROW[name].itemsize for name in NEVER_NULL} == {
        name: SIZES[name] for name in NEVER_NULL
    }
    assert COLUMNS[len(NEVER_NULL) :] == ("key", "reference", "details", "expires_at")


def test_blank_rows_are_records_of_nothing():
    blank = Record()
    assert fields_of(encode([], [rows(2)])) == [expected(blank)] * 2
    assert len(rows(0)) == 0


def test_a_record_of_nothing_names_nothing():
    given = {name: getattr(Record(), name) for name in COLUMNS}
    assert given == dict.fromkeys(NEVER_NULL, 0) | {
        "payment": bytes(16), "trace": bytes(16), "risk_score": -1, "key": None, "reference": None,
        "details": None, "expires_at": None,
    }  # fmt: skip
