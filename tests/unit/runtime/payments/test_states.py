"""The table of states: what it lists is allowed, all else is a defect and raises."""

import pickle
from itertools import product

import pytest

from headrace.runtime.journal.kinds import ACCOUNT_KINDS, COUNTERPART_KINDS, FIRST_KINDS, RecordKind
from headrace.runtime.journal.states import FINAL_STATES, OPEN_STATES, PaymentState
from headrace.runtime.payments.states import TRANSITIONS, IllegalTransition, check_transition

S, K = PaymentState, RecordKind
ALLOWED = {
    None: {
        K.SETTLED: [S.SETTLED], K.DEBITED: [S.AUTHORIZED], K.DECLINED: [S.DECLINED],
        K.HELD: [S.AUTHORIZED], K.HELD_FOR_REVIEW: [S.IN_REVIEW],
    },
    S.IN_REVIEW: {
        K.ACCEPTED: [S.AUTHORIZED], K.CAPTURED: [S.SETTLED, S.CAPTURED],
        K.RELEASED: [S.DECLINED, S.EXPIRED, S.CANCELLED],
    },
    S.AUTHORIZED: {
        K.COMPLETED: [S.SETTLED], K.RETURNED: [S.RETURNED],
        K.CAPTURED: [S.PARTIALLY_CAPTURED, S.CAPTURED, S.SETTLED],
        K.RELEASED: [S.AUTHORIZED, S.CANCELLED, S.EXPIRED],
    },
    S.PARTIALLY_CAPTURED: {
        K.CAPTURED: [S.PARTIALLY_CAPTURED, S.CAPTURED, S.SETTLED],
        K.COMPLETED: [S.PARTIALLY_CAPTURED], K.RETURNED: [S.PARTIALLY_CAPTURED],
        K.RELEASED: [S.PARTIALLY_CAPTURED, S.CAPTURED, S.SETTLED, S.RETURNED],
    },
    S.CAPTURED: {
        K.COMPLETED: [S.CAPTURED, S.SETTLED],
        K.RETURNED: [S.CAPTURED, S.SETTLED, S.RETURNED],
    },
    S.SETTLED: {
        K.REFUND_REQUESTED: [S.SETTLED], K.REFUND_DECLINED: [S.SETTLED],
        K.REFUNDED: [S.PARTIALLY_REFUNDED, S.REFUNDED],
    },
    S.PARTIALLY_REFUNDED: {
        K.REFUND_REQUESTED: [S.PARTIALLY_REFUNDED], K.REFUND_DECLINED: [S.PARTIALLY_REFUNDED],
        K.REFUNDED: [S.PARTIALLY_REFUNDED, S.REFUNDED],
    },
    S.REFUNDED: {K.REFUND_DECLINED: [S.REFUNDED]},
}  # fmt: skip
LISTED = {
    (source, kind, target)
    for source, kinds in ALLOWED.items()
    for kind, targets in kinds.items()
    for target in targets
}


def test_the_table_lists_these_moves_each_once():
    listed = [(t.source, t.kind, t.target) for t in TRANSITIONS]
    assert len(listed) == len(set(listed))
    assert set(listed) == LISTED


def test_each_move_says_who_causes_it():
    assert all(t.by for t in TRANSITIONS)


@pytest.mark.parametrize("source", [None, *S])
def test_a_move_passes_when_it_is_listed_and_raises_when_not(source):
    for kind, target in product(K, S):
        if (source, kind, target) in LISTED:
            assert check_transition(source, kind, target) is target
        else:
            with pytest.raises(IllegalTransition):
                check_transition(source, kind, target)


def test_an_illegal_move_says_which_and_survives_pickling():
    error = IllegalTransition(S.SETTLED, K.HELD, S.AUTHORIZED)
    assert error.args == (S.SETTLED, K.HELD, S.AUTHORIZED)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.args) == (IllegalTransition, error.args)


def test_states_and_kinds_have_the_numbers_of_the_journal():
    assert {s.name: s.value for s in S} == {
        "IN_REVIEW": 1, "AUTHORIZED": 2, "PARTIALLY_CAPTURED": 3, "CAPTURED": 4, "SETTLED": 5,
        "PARTIALLY_REFUNDED": 6, "REFUNDED": 7, "DECLINED": 8, "CANCELLED": 9, "EXPIRED": 10,
        "RETURNED": 11,
    }  # fmt: skip
    assert {k.name: k.value for k in K} == {
        "ACCOUNT_OPENED": 1, "ACCOUNT_CHANGED": 2, "ACCOUNT_CLOSED": 3, "DEPOSITED": 4,
        "WITHDRAWN": 5, "SETTLED": 100, "DEBITED": 101, "COMPLETED": 102, "DECLINED": 103,
        "HELD": 104, "HELD_FOR_REVIEW": 105, "CAPTURED": 106, "RELEASED": 107, "ACCEPTED": 108,
        "RETURNED": 109, "REFUND_REQUESTED": 110, "REFUNDED": 111, "REFUND_DECLINED": 112,
        "CREDITED": 1000, "REFUND_DEBITED": 1001, "LEG_REFUSED": 1002,
    }  # fmt: skip


def test_kinds_are_of_accounts_payments_or_counterparts():
    assert frozenset(
        {K.ACCOUNT_OPENED, K.ACCOUNT_CHANGED, K.ACCOUNT_CLOSED, K.DEPOSITED, K.WITHDRAWN}
    ) == ACCOUNT_KINDS  # fmt: skip
    assert frozenset({K.CREDITED, K.REFUND_DEBITED, K.LEG_REFUSED}) == COUNTERPART_KINDS
    assert {kind for source, kind, _ in LISTED if source is None} == FIRST_KINDS


def test_open_and_final_states_share_them_all_between_them():
    assert {S.IN_REVIEW, S.AUTHORIZED, S.PARTIALLY_CAPTURED, S.CAPTURED} == OPEN_STATES
    assert set(S) == FINAL_STATES | OPEN_STATES
    assert not FINAL_STATES & OPEN_STATES
    assert {source for source, _, _ in LISTED} >= OPEN_STATES
