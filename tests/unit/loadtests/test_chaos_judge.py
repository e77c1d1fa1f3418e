"""The judge of a chaos run finds what it is there to find, and nothing in a run that went well."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from headrace.loadtests.chaos.judge import judge
from headrace.loadtests.chaos.log import Entry, Sent, Told
from headrace.loadtests.chaos.verdict import Heard, Ledger, Row, Verdict
from headrace.runtime.clock import iso_us
from headrace.runtime.journal.kinds import RecordKind as K
from headrace.runtime.journal.states import PaymentState as S

DEBITED = {K.DEBITED, K.SETTLED, K.HELD, K.RELEASED, K.CAPTURED}
CREDITED = {K.SETTLED, K.CREDITED, K.CAPTURED}


def row(seq: int, kind: K, state: S | int, payment: str, key: str | None, **more: object) -> Row:
    values = {
        "partition": 0, "seq": seq, "credit_partition": 0, "credit_seq": seq, "kind": kind,
        "state": state, "payment": payment, "leg": 0, "amount": 100, "key": key,
        "debited": "ann" if kind in DEBITED else "", "credited": "ben" if kind in CREDITED else "",
        "creditor": "ben", "at": seq, "occurred_at": seq,
        "expires_at": seq if kind == K.HELD else 0, **more,
    }  # fmt: skip
    return Row(**values)  # type: ignore[arg-type]  # columns by name


class Case:
    """A run that went well: a settled payment, one that crossed, a hold cancelled, one open, one
    captured in part, and half of the first payment refunded."""

    def __init__(self) -> None:
        self.log: list[Entry] = [
            *(Sent(f"k{n}", "payment", 100, "ann", "ben") for n in (1, 2, 3, 4, 5, 7)),
            Told("k1", 201, "p1", "settled", 100),
            Told("k2", 201, "p2", "authorized"),
            Told("k3", 201, "p3", "authorized"),
            Told("k4", 201, "p4", "authorized"),
            Sent("k6", "cancel", 0, payment="p3"),
            Told("k6", 200, "p3", "cancelled", 100),
            Told("k7", 201, "p7", "authorized"),
            Sent("k8", "capture", 40, payment="p7"),
            Told("k8", 201, "p7", "settled", 40),
            Sent("k9", "refund", 50, payment="p1"),
            Told("k9", 201, "p1", "settled", 50),
            Told("k1", 201, "p1", "partially_refunded", 100),
        ]
        self.rows = [
            row(1, K.SETTLED, S.SETTLED, "p1", "k1"),
            row(2, K.DEBITED, S.AUTHORIZED, "p2", "k2", crosses=True),
            row(3, K.COMPLETED, S.SETTLED, "p2", None),
            row(4, K.HELD, S.AUTHORIZED, "p3", "k3", leg=-1),
            row(5, K.RELEASED, S.CANCELLED, "p3", "k6", leg=-1),
            row(6, K.HELD, S.AUTHORIZED, "p4", "k4", leg=-1),
            row(7, K.HELD, S.AUTHORIZED, "p7", "k7", leg=-1),
            row(8, K.RELEASED, S.AUTHORIZED, "p7", None, leg=1, amount=60),
            row(9, K.CAPTURED, S.SETTLED, "p7", "k8", leg=1, amount=40),
            row(10, K.REFUND_REQUESTED, S.SETTLED, "p1", "k9", leg=1, amount=50),
            row(11, K.REFUND_DEBITED, 0, "p1", None, leg=1, amount=50, debited="ben"),
            row(12, K.REFUNDED, S.PARTIALLY_REFUNDED, "p1", None, leg=1, amount=50, credited="ann"),
            row(1, K.CREDITED, 0, "p2", None, partition=1),
        ]
        self.sequences = {0: list(range(1, 13)), 1: [1]}
        self.holds = frozenset({"p4"})
        self.events = [
            Heard(one.payment, iso_us(one.at)) for one in self.rows[:12] if one.seq not in (2, 11)
        ]
        self.backwards: list[str] = []
        self.early: list[str] = []
        self.overdue: list[str] = []
        self.unfenced: list[str] = []

    def verdict(self) -> Verdict:
        ledger = Ledger(
            rows=self.rows, sequences=self.sequences, last_seqs={0: 12, 1: 1}, holds=self.holds,
            backwards=self.backwards, early=self.early, overdue=self.overdue,
        )  # fmt: skip
        return judge(self.log, ledger, self.events, self.unfenced)

    def change(self, place: int, **values: object) -> None:
        """What a record says."""
        self.rows[place - 1] = replace(self.rows[place - 1], **values)

    def another(self, place: int, **values: object) -> None:
        """The same record once more."""
        self.rows.append(replace(self.rows[place - 1], **{"seq": 13, **values}))

    def told(self, key: str, **values: object) -> None:
        """The first answer is another one."""
        place = next(
            n for n, entry in enumerate(self.log) if isinstance(entry, Told) and entry.key == key
        )
        self.log[place] = replace(self.log[place], **values)


def test_a_run_that_went_well() -> None:
    verdict = Case().verdict()
    assert verdict.passed, verdict
    assert (verdict.acknowledged, verdict.crossing) == (8, 1)


def _lose(case: Case) -> None:
    del case.rows[0]


def _other_amount(case: Case) -> None:
    case.change(1, amount=101)


def _captured_more_than_asked(case: Case) -> None:
    case.change(9, amount=41)


def _refunded_less_than_asked(case: Case) -> None:
    for seq in (10, 11, 12):
        case.change(seq, amount=49)


def _told_of_another(case: Case) -> None:
    case.told("k1", payment="p9")


def _told_of_another_when_sent_again(case: Case) -> None:
    case.log.append(Told("k2", 201, "p9", "settled"))


def _capture_told_of_another(case: Case) -> None:
    case.told("k8", payment="p4")


def _capture_told_with_another_amount(case: Case) -> None:
    case.told("k8", amount=100)


def _told_declined(case: Case) -> None:
    case.told("k1", state="declined")


def _told_settled_and_never_was(case: Case) -> None:
    case.told("k4", state="settled")


def _twice(case: Case) -> None:
    case.another(1, payment="p9")


def _cancelled_twice(case: Case) -> None:
    case.another(5)


def _cancelled_without_a_key(case: Case) -> None:
    case.change(5, key=None)
    case.told("k6", status=503)


def _cancel_lost(case: Case) -> None:
    del case.rows[4]


def _nobody_sent(case: Case) -> None:
    case.rows.append(row(13, K.SETTLED, S.SETTLED, "p9", "k99"))


def _paid_again_without_a_key(case: Case) -> None:
    case.another(1, payment="p9", key=None)


def _refunded_again_without_a_key(case: Case) -> None:
    case.another(10, leg=2, key=None, seq=13)
    case.another(11, leg=2, seq=14)
    case.another(12, leg=2, seq=15)


def _refused_yet_done(case: Case) -> None:
    case.log.append(Told("k1", 422))


def _refused_for_no_reason(case: Case) -> None:
    case.log.append(Told("k5", 422, refusal="unknown_account"))


def _cancel_refused_for_no_reason(case: Case) -> None:
    del case.rows[4]
    case.holds |= {"p3"}
    case.told("k6", status=409, refusal="wrong_state")


def _credited_another(case: Case) -> None:
    case.change(1, credited="cid")


def _leg_credited_another(case: Case) -> None:
    case.change(13, credited="cid")


def _refund_debited_another(case: Case) -> None:
    case.change(11, debited="cid")


def _in_transit(case: Case) -> None:
    del case.rows[2]


def _completed_and_not_credited(case: Case) -> None:
    del case.rows[12]


def _completed_twice(case: Case) -> None:
    case.another(3)


def _credited_twice(case: Case) -> None:
    case.another(13, partition=1, seq=2)


def _credited_too_much(case: Case) -> None:
    case.change(13, amount=1_000)


def _refunded_without_a_request(case: Case) -> None:
    del case.rows[9]


def _came_back(case: Case) -> None:
    case.change(3, kind=K.RETURNED, state=S.RETURNED, credited="ann")
    case.change(13, kind=K.LEG_REFUSED, credited="")


def _hold_of_nobody(case: Case) -> None:
    case.holds = frozenset({"p3", "p4"})


def _no_hold(case: Case) -> None:
    case.holds = frozenset()


def _gap(case: Case) -> None:
    case.sequences = {0: [1, 2, 4, 5, 6], 1: [1]}


def _event_missing(case: Case) -> None:
    del case.events[3]


def _event_twice(case: Case) -> None:
    case.events.insert(1, case.events[0])


def _events_swapped(case: Case) -> None:
    case.events[0:2] = case.events[1::-1]


def _occurred_otherwise(case: Case) -> None:
    case.change(1, occurred_at=7)


def _hold_shorter_than_asked(case: Case) -> None:
    case.log[3] = replace(case.log[3], expires_in_s=2)  # type: ignore[call-arg]  # a request that says how long
    case.change(6, expires_at=1_999_999)


def _time_runs_back(case: Case) -> None:
    case.backwards = ["0:4"]


def _expired_early(case: Case) -> None:
    case.early = ["p4"]


def _expires_never(case: Case) -> None:
    case.overdue = ["p4"]


def _written_without_the_lease(case: Case) -> None:
    case.unfenced = ["partition 0"]


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (_lose, "lost"),
        (_other_amount, "invented"),
        (_captured_more_than_asked, "invented"),
        (_refunded_less_than_asked, "invented"),
        (_told_of_another, "lost"),
        (_told_of_another_when_sent_again, "lost"),
        (_capture_told_of_another, "lost"),
        (_capture_told_with_another_amount, "lost"),
        (_told_declined, "lost"),
        (_told_settled_and_never_was, "lost"),
        (_twice, "doubled"),
        (_cancelled_twice, "doubled"),
        (_cancelled_without_a_key, "invented"),
        (_cancel_lost, "lost"),
        (_nobody_sent, "invented"),
        (_paid_again_without_a_key, "invented"),
        (_refunded_again_without_a_key, "invented"),
        (_refused_yet_done, "invented"),
        (_refused_for_no_reason, "refused"),
        (_cancel_refused_for_no_reason, "refused"),
        (_credited_another, "invented"),
        (_leg_credited_another, "invented"),
        (_refund_debited_another, "invented"),
        (_in_transit, "incomplete"),
        (_completed_and_not_credited, "lost"),
        (_completed_twice, "doubled"),
        (_credited_twice, "doubled"),
        (_credited_too_much, "invented"),
        (_refunded_without_a_request, "invented"),
        (_came_back, "lost"),
        (_hold_of_nobody, "incomplete"),
        (_no_hold, "incomplete"),
        (_gap, "gaps"),
        (_event_missing, "gaps"),
        (_event_twice, "gaps"),
        (_events_swapped, "gaps"),
        (_occurred_otherwise, "invented"),
        (_hold_shorter_than_asked, "invented"),
        (_time_runs_back, "untimely"),
        (_expired_early, "untimely"),
        (_expires_never, "untimely"),
        (_written_without_the_lease, "unfenced"),
    ],
)
def test_damage_is_found(damage: Callable[[Case], None], found: str) -> None:
    case = Case()
    damage(case)
    assert getattr(case.verdict(), found)
