"""Whether the ledger agrees with what the clients wrote down. Pure: `ledger.py` reads the rows."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from headrace.loadtests.chaos.log import Entry, Sent, Told
from headrace.loadtests.chaos.verdict import Heard, Ledger, Row, Verdict
from headrace.runtime.clock import iso_us
from headrace.runtime.journal.kinds import (
    COUNTERPART_KINDS,
    FIRST_KINDS,
    KINDS,
    Key,
    RecordKind,
    Who,
)
from headrace.runtime.journal.states import STATES, PaymentState

K = RecordKind
OPERATIONS = {K.CAPTURED: "capture", K.REFUND_REQUESTED: "refund", K.RELEASED: "cancel"}
"""Of a payment that there is, under a key."""
ENDS = {
    end: carried
    for end in KINDS["ends_leg"]
    for carried in COUNTERPART_KINDS
    if {*end.facts.ways} <= {*carried.facts.ways}
    and (end in KINDS["fails_leg"]) == (carried in KINDS["refuses_leg"])
}
"""Of a leg: what home records, and what its counterpart has recorded before."""
CAME_BACK = KINDS["fails_leg"]
"""Nobody closes an account here, and all have money."""
UNASKED = frozenset({K.RELEASED, *(k for k in K if k.facts.key is Key.NEVER)})
"""What home records without a client's key, unless it cancels."""
HELD_STATES = STATES["holds"]


def judge(
    log: Iterable[Entry], ledger: Ledger, events: Sequence[Heard], unfenced: Sequence[str] = ()
) -> Verdict:
    """`events`: all of payments as a consumer heard them, in that order; `unfenced`: what takeovers
    saw."""
    verdict = Verdict(unfenced=list(unfenced))
    sent: dict[str, Sent] = {}
    told: list[Told] = []
    for entry in log:
        if isinstance(entry, Sent):
            sent[entry.key] = entry
        else:
            told.append(entry)
    _operations(verdict, sent, told, ledger.rows)
    _accounts(verdict, ledger.rows)
    _holds(verdict, ledger, under_way=_legs(verdict, ledger.rows))
    _order(verdict, ledger, events)
    verdict.untimely += [f"{record} is before its predecessor" for record in ledger.backwards]
    verdict.untimely += [f"{payment} expired early" for payment in ledger.early]
    verdict.untimely += [f"{payment} does not expire" for payment in ledger.overdue]
    return verdict


def _operations(
    verdict: Verdict, sent: dict[str, Sent], told: Sequence[Told], rows: Sequence[Row]
) -> None:
    by_key: dict[str, list[Row]] = defaultdict(list)
    states: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.kind in COUNTERPART_KINDS:
            continue
        states[row.payment].add(PaymentState(row.state).name.lower())
        if row.key is not None:
            by_key[row.key].append(row)
        elif row.kind not in UNASKED or row.state == PaymentState.CANCELLED:
            verdict.invented.append(f"{row.payment} without a key")
    for key, found in by_key.items():
        if len(found) > 1:
            verdict.doubled.append(key)
        if key not in sent or not _is_what_was_sent(sent[key], found[0]):
            verdict.invented.append(key)
    firsts = Counter(row.payment for row in rows if row.kind in FIRST_KINDS)
    verdict.doubled += [payment for payment, count in firsts.items() if count > 1]
    acknowledged: set[str] = set()
    for answer in told:
        done = next(iter(by_key[answer.key]), None)
        if answer.status >= 300:
            if done:
                verdict.invented.append(f"{answer.key} {answer.refusal}")
            else:
                verdict.refused.append(f"{answer.key} {answer.refusal}")
            continue
        payment = done.payment if done else ""
        amount = done.amount if done else answer.amount
        if (
            answer.payment != payment
            or answer.state not in states[payment]
            or answer.amount not in (0, amount)
        ):
            verdict.lost.append(answer.key)
        elif done and answer.key not in acknowledged:
            verdict.crossing += done.crosses
        acknowledged.add(answer.key)
    verdict.acknowledged = len(acknowledged)


def _is_what_was_sent(sent: Sent, row: Row) -> bool:
    if sent.operation != "payment":
        return (OPERATIONS.get(RecordKind(row.kind)), row.payment) == (
            sent.operation,
            sent.payment,
        ) and sent.amount in (0, row.amount)
    return (
        row.kind in FIRST_KINDS
        and (row.amount, row.debited, row.creditor) == (sent.amount, sent.debtor, sent.creditor)
        and row.occurred_at == (sent.occurred_at or row.at)
        and (row.kind != K.HELD or row.expires_at >= row.at + sent.expires_in_s * 1_000_000)
    )


def _accounts(verdict: Verdict, rows: Sequence[Row]) -> None:
    """Whether each record took from and gave to those that its payment is between."""
    firsts = {row.payment: row for row in rows if row.kind in FIRST_KINDS}
    for row in rows:
        first = firsts.get(row.payment)
        if first is None or (row.debited, row.credited) != _between(row, first):
            verdict.invented.append(f"{row.payment} {K(row.kind).name.lower()} between others")


def _between(row: Row, first: Row) -> tuple[str, str]:
    """Whom a record has to debit and to credit."""
    facts = RecordKind(row.kind).facts
    parties = {Who.DEBTOR: first.debited, Who.CREDITOR: first.creditor}
    debited, credited = (
        next((parties[who] for who in side.who if who in parties), "")
        for side in (facts.debit, facts.credit)
    )
    return debited, "" if row.crosses else credited


def _legs(verdict: Verdict, rows: Sequence[Row]) -> set[str]:
    """Whether each leg that began arrived once, with all its money; payments that have one under
    way."""
    begun: dict[tuple[str, int], list[Row]] = defaultdict(list)
    carried_out: dict[tuple[str, int], list[Row]] = defaultdict(list)
    ended: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in rows:
        if row.kind in COUNTERPART_KINDS:
            carried_out[row.payment, row.leg].append(row)
        elif row.kind in ENDS:
            ended[row.payment, row.leg].append(row)
        elif row.kind in KINDS["opens_refund_leg"] or row.crosses:
            begun[row.payment, row.leg].append(row)
    under_way: set[str] = set()
    for leg in sorted(begun.keys() | carried_out.keys() | ended.keys()):
        name = f"{leg[0]}:{leg[1]}"
        begins, carries_out, ends = begun[leg], carried_out[leg], ended[leg]
        if len(begins) > 1 or len(carries_out) > 1 or len(ends) > 1:
            verdict.doubled.append(name)
        elif not begins:
            verdict.invented.append(f"{name} never began")
        elif not ends:
            under_way.add(leg[0])
            verdict.incomplete.append(f"{name} in transit")
        elif not carries_out or carries_out[0].kind != ENDS[RecordKind(ends[0].kind)]:
            verdict.lost.append(f"{name} ended and was not carried out")
        elif {row.amount for row in (*carries_out, *ends)} != {begins[0].amount}:
            verdict.invented.append(f"{name} with another amount")
        elif ends[0].kind in CAME_BACK:
            verdict.lost.append(f"{name} came back")
    return under_way


def _holds(verdict: Verdict, ledger: Ledger, under_way: set[str]) -> None:
    last: dict[str, Row] = {}
    for row in sorted(ledger.rows, key=lambda row: (row.partition, row.seq)):
        if row.kind not in COUNTERPART_KINDS:
            last[row.payment] = row
    holding = {p for p, row in last.items() if PaymentState(row.state) in HELD_STATES} - under_way
    verdict.incomplete += [f"{p} hold without owner" for p in sorted(ledger.holds - holding)]
    verdict.incomplete += [f"{p} without its hold" for p in sorted(holding - ledger.holds)]


def _order(verdict: Verdict, ledger: Ledger, events: Sequence[Heard]) -> None:
    for partition, seqs in ledger.sequences.items():
        if seqs != list(range(1, ledger.last_seqs[partition] + 1)):
            verdict.gaps.append(f"partition {partition}: sequence is not 1 to its last")
    homes: dict[str, int] = {}
    expected: dict[int, list[Heard]] = defaultdict(list)
    for row in sorted(ledger.rows, key=lambda row: (row.partition, row.seq)):
        if row.kind not in COUNTERPART_KINDS:
            homes[row.payment] = row.partition
        if row.kind in KINDS["event"] and not (row.kind in KINDS["captures"] and row.crosses):
            expected[row.partition].append(Heard(row.payment, iso_us(row.at)))
    came: dict[int, list[Heard]] = defaultdict(list)
    for event in events:
        came[homes.get(event.payment, -1)].append(event)
    for partition in sorted(expected.keys() | came.keys()):
        if expected[partition] != came[partition]:
            verdict.gaps.append(f"partition {partition}: events are not the journal's")
