"""The judge of a chaos run finds what it is there to find, and nothing in a run that went well."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from headrace.loadtests.chaos.judge import Ledger, Row, Verdict, judge
from headrace.loadtests.chaos.log import Entry, Sent, Told
from headrace.runtime.payments.states import PaymentState as S
from headrace.runtime.payments.states import RecordKind as K


def row(seq: int, kind: K, state: S, payment: str, key: str | None, **more: object) -> Row:
    values = {
        "partition": 0, "seq": seq, "credit_partition": 0, "credit_seq": seq, "kind": kind,
        "state": state, "payment": payment, "leg": 0, "amount": 100, "key": key,
        "debtor": "ann", "creditor": "ben", **more,
    }  # fmt: skip
    return Row(**values)  # type: ignore[arg-type]


class Case:
    """A run that went well: a settled payment, one that crossed, a hold cancelled, one open."""

    def __init__(self) -> None:
        self.log: list[Entry] = [
            *(Sent(key, "payment", 100, "ann", "ben") for key in ("k1", "k2", "k3", "k4", "k5")),
            Told("k1", 201, "p1", "settled"),
            Told("k2", 201, "p2", "authorized"),
            Told("k3", 201, "p3", "authorized"),
            Told("k4", 201, "p4", "authorized"),
            Sent("k6", "cancel", 0, payment="p3"),
            Told("k6", 200, "p3"),
        ]
        self.rows = [
            row(1, K.SETTLED, S.SETTLED, "p1", "k1"),
            row(2, K.DEBITED, S.AUTHORIZED, "p2", "k2", crosses=True),
            row(3, K.COMPLETED, S.SETTLED, "p2", None),
            row(4, K.HELD, S.AUTHORIZED, "p3", "k3", leg=-1),
            row(5, K.RELEASED, S.CANCELLED, "p3", None, leg=-1),
            row(6, K.HELD, S.AUTHORIZED, "p4", "k4", leg=-1),
        ]
        self.sequences = {0: [1, 2, 3, 4, 5, 6]}
        self.holds = frozenset({"p4"})
        self.events = [f"0:{seq}" for seq in range(1, 7)]
        self.backwards: list[str] = []
        self.early: list[str] = []
        self.unfenced: list[str] = []

    def verdict(self) -> Verdict:
        ledger = Ledger(
            rows=self.rows, sequences=self.sequences, last_seqs={0: 6}, holds=self.holds,
            backwards=self.backwards, early=self.early,
        )  # fmt: skip
        return judge(self.log, ledger, self.events, self.unfenced)


def test_a_run_that_went_well() -> None:
    verdict = Case().verdict()
    assert verdict.passed
    assert (verdict.acknowledged, verdict.crossing) == (5, 1)


def _lose(case: Case) -> None:
    del case.rows[0]


def _other_amount(case: Case) -> None:
    case.rows[0] = replace(case.rows[0], amount=101)


def _told_of_another(case: Case) -> None:
    case.log.append(Told("k1", 201, "p9", "settled"))


def _told_declined(case: Case) -> None:
    case.log.append(Told("k1", 201, "p1", "declined"))


def _twice(case: Case) -> None:
    case.rows.append(replace(case.rows[0], seq=7, payment="p7"))


def _cancelled_twice(case: Case) -> None:
    case.rows.append(replace(case.rows[4], seq=7))


def _cancel_lost(case: Case) -> None:
    del case.rows[4]


def _nobody_sent(case: Case) -> None:
    case.rows.append(row(7, K.SETTLED, S.SETTLED, "p7", "k7"))


def _refused_yet_done(case: Case) -> None:
    case.log.append(Told("k1", 422))


def _in_transit(case: Case) -> None:
    del case.rows[2]


def _hold_of_nobody(case: Case) -> None:
    case.holds = frozenset({"p3", "p4"})


def _no_hold(case: Case) -> None:
    case.holds = frozenset()


def _gap(case: Case) -> None:
    case.sequences = {0: [1, 2, 4, 5, 6]}


def _event_missing(case: Case) -> None:
    del case.events[3]


def _event_twice(case: Case) -> None:
    case.events.insert(1, "0:1")


def _events_swapped(case: Case) -> None:
    case.events[0:2] = ["0:2", "0:1"]


def _occurred_otherwise(case: Case) -> None:
    case.rows[0] = replace(case.rows[0], occurred_at=7)


def _hold_shorter_than_asked(case: Case) -> None:
    case.log[3] = replace(case.log[3], expires_in_s=2)  # type: ignore[call-arg]
    case.rows[5] = replace(case.rows[5], expires_at=1_999_999)


def _time_runs_back(case: Case) -> None:
    case.backwards = ["0:4"]


def _expired_early(case: Case) -> None:
    case.early = ["p4"]


def _written_without_the_lease(case: Case) -> None:
    case.unfenced = ["partition 0"]


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (_lose, "lost"),
        (_other_amount, "invented"),
        (_told_of_another, "lost"),
        (_told_declined, "lost"),
        (_twice, "doubled"),
        (_cancelled_twice, "doubled"),
        (_cancel_lost, "lost"),
        (_nobody_sent, "invented"),
        (_refused_yet_done, "invented"),
        (_in_transit, "incomplete"),
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
        (_written_without_the_lease, "unfenced"),
    ],
)
def test_damage_is_found(damage: Callable[[Case], None], found: str) -> None:
    case = Case()
    damage(case)
    assert getattr(case.verdict(), found)
