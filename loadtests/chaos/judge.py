"""Whether the ledger agrees with what the clients wrote down. Pure: `ledger.py` reads the rows."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from msgspec import Struct, field

from headrace.loadtests.chaos.log import Entry, Sent, Told
from headrace.runtime.payments.states import (
    COUNTERPART_KINDS,
    FIRST_KINDS,
    PaymentState,
    RecordKind,
)

K = RecordKind
OPERATIONS = {K.CAPTURED: "capture", K.REFUND_REQUESTED: "refund", K.RELEASED: "cancel"}
ENDS_OF_LEGS = frozenset({K.COMPLETED, K.RETURNED, K.REFUNDED, K.REFUND_DECLINED})
HELD_STATES = frozenset(
    {PaymentState.IN_REVIEW, PaymentState.AUTHORIZED, PaymentState.PARTIALLY_CAPTURED}
)


class Row(Struct, frozen=True, kw_only=True):
    """A record of the journal, accounts by their ids; of payments and of nothing else."""

    partition: int
    seq: int
    credit_partition: int
    credit_seq: int
    kind: int
    state: int
    payment: str
    leg: int
    amount: int
    key: str | None
    debtor: str = ""
    creditor: str = ""
    crosses: bool = False
    """Its money went to transit, not to the creditor."""
    at: int = 0
    occurred_at: int = 0
    expires_at: int = 0
    """Microseconds; 0: no hold."""


class Ledger(Struct, kw_only=True):
    """What the database holds after the platform settled."""

    rows: Sequence[Row]
    sequences: dict[int, list[int]]
    """By partition, every sequence number that a record of any kind has there, in order."""
    last_seqs: dict[int, int]
    """As the leases say."""
    holds: frozenset[str]
    """Payments in the table of open holds."""
    backwards: Sequence[str] = ()
    """Records that are earlier than the one before them in a partition."""
    early: Sequence[str] = ()
    """Payments whose hold expired before it was to."""
    expired: int = 0
    """Holds that expired at all."""


class Verdict(Struct, kw_only=True):
    """Lists name keys or payments, so that a red run can be looked into."""

    acknowledged: int = 0
    crossing: int = 0
    lost: list[str] = field(default_factory=list)
    """Acknowledged and not in the ledger, or not as acknowledged."""
    doubled: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)
    incomplete: list[str] = field(default_factory=list)
    """Money still in transit, or a hold without an owner or an owner without its hold."""
    gaps: list[str] = field(default_factory=list)
    """Sequences and events that are missing, doubled or out of order."""
    untimely: list[str] = field(default_factory=list)
    """Times that run back in a partition, holds that ended early."""
    unfenced: list[str] = field(default_factory=list)
    """Written by an actor while another held its partition."""

    @property
    def passed(self) -> bool:
        return not any(getattr(self, name) for name in WRONGS)


WRONGS = ("lost", "doubled", "invented", "incomplete", "gaps", "untimely", "unfenced")
"""What a verdict may say against a platform."""


def judge(
    log: Iterable[Entry], ledger: Ledger, events: Sequence[str], unfenced: Sequence[str] = ()
) -> Verdict:
    """`events`: the ids of all payment events as a stream told them, in its order; `unfenced`: what
    takeovers saw."""
    verdict = Verdict(unfenced=list(unfenced))
    sent: dict[str, Sent] = {}
    told: dict[str, Told] = {}
    for entry in log:
        if isinstance(entry, Sent):
            sent[entry.key] = entry
        else:
            told[entry.key] = entry
    _operations(verdict, sent, told, ledger.rows)
    _completeness(verdict, ledger)
    _order(verdict, ledger, events)
    verdict.untimely += [f"{record} is before its predecessor" for record in ledger.backwards]
    verdict.untimely += [f"{payment} expired early" for payment in ledger.early]
    return verdict


def _operations(
    verdict: Verdict, sent: dict[str, Sent], told: dict[str, Told], rows: Sequence[Row]
) -> None:
    by_key: dict[str, list[Row]] = defaultdict(list)
    released: Counter[str] = Counter()
    for row in rows:
        if row.key is not None and row.kind not in COUNTERPART_KINDS:
            by_key[row.key].append(row)
        elif row.kind == K.RELEASED and row.state == PaymentState.CANCELLED:
            released[row.payment] += 1
    for key, found in by_key.items():
        if len(found) > 1:
            verdict.doubled.append(key)
        if key not in sent or not _is_what_was_sent(sent[key], found[0]):
            verdict.invented.append(key)
    verdict.doubled += [payment for payment, count in released.items() if count > 1]
    cancels = {entry.payment for entry in sent.values() if entry.operation == "cancel"}
    verdict.invented += [payment for payment in released if payment not in cancels]
    firsts = Counter(row.payment for row in rows if row.kind in FIRST_KINDS)
    verdict.doubled += [payment for payment, count in firsts.items() if count > 1]
    for key, answer in told.items():
        rows_of_key = by_key.get(key, [])
        if answer.status >= 300:
            if rows_of_key:
                verdict.invented.append(key)
            continue
        verdict.acknowledged += 1
        if sent[key].operation == "cancel":
            if not released[answer.payment] and not rows_of_key:
                verdict.lost.append(key)
        elif not rows_of_key or not _is_as_told(answer, rows_of_key[0]):
            verdict.lost.append(key)
        else:
            verdict.crossing += rows_of_key[0].crosses


def _is_what_was_sent(sent: Sent, row: Row) -> bool:
    if sent.operation != "payment":
        return (
            row.payment == sent.payment and OPERATIONS.get(RecordKind(row.kind)) == sent.operation
        )
    return (
        row.kind in FIRST_KINDS
        and (row.amount, row.debtor, row.creditor) == (sent.amount, sent.debtor, sent.creditor)
        and row.occurred_at == (sent.occurred_at or row.at)
        and (row.kind != K.HELD or row.expires_at >= row.at + sent.expires_in_s * 1_000_000)
    )


def _is_as_told(told: Told, row: Row) -> bool:
    """A state moves on after the answer; but a decline is for good, and only a decline is one."""
    declined = row.kind == K.DECLINED
    return row.payment == told.payment and (
        row.kind not in FIRST_KINDS or declined == (told.state == "declined")
    )


def _completeness(verdict: Verdict, ledger: Ledger) -> None:
    under_way: set[tuple[str, int]] = set()
    last: dict[str, Row] = {}
    for row in sorted(ledger.rows, key=lambda row: (row.partition, row.seq)):
        if row.kind in COUNTERPART_KINDS:
            continue
        last[row.payment] = row
        leg = (row.payment, row.leg)
        if row.kind in ENDS_OF_LEGS:
            under_way.discard(leg)
        elif row.kind == K.REFUND_REQUESTED or row.crosses:
            under_way.add(leg)
    verdict.incomplete += [f"{payment}:{leg} in transit" for payment, leg in sorted(under_way)]
    holding = {p for p, row in last.items() if PaymentState(row.state) in HELD_STATES}
    holding -= {payment for payment, _ in under_way}
    verdict.incomplete += [f"{p} hold without owner" for p in sorted(ledger.holds - holding)]
    verdict.incomplete += [f"{p} without its hold" for p in sorted(holding - ledger.holds)]


def _order(verdict: Verdict, ledger: Ledger, events: Sequence[str]) -> None:
    for partition, seqs in ledger.sequences.items():
        if seqs != list(range(1, ledger.last_seqs[partition] + 1)):
            verdict.gaps.append(f"partition {partition}: sequence is not 1 to its last")
    expected: dict[int, list[int]] = defaultdict(list)
    for row in sorted(ledger.rows, key=lambda row: (row.partition, row.seq)):
        if row.kind not in COUNTERPART_KINDS:
            expected[row.partition].append(row.seq)
    came: dict[int, list[int]] = defaultdict(list)
    for event in events:
        partition_text, _, seq = event.partition(":")
        came[int(partition_text)].append(int(seq))
    for partition in sorted(expected.keys() | came.keys()):
        if expected[partition] != came[partition]:
            verdict.gaps.append(f"partition {partition}: events are not the journal's")
