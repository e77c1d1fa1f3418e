"""The shapes of records as the statements of `sql/records.sql` read them: by number."""

from headrace.runtime.ledger.verify.by_sql import ARGUMENTS
from headrace.runtime.ledger.verify.shapes import SHAPES, Key, Party, fields, parties
from headrace.runtime.partitioning import EXTERNAL, TRANSIT_IN, TRANSIT_OUT
from headrace.runtime.payments.refusals import DeclineReason as R
from headrace.runtime.payments.states import PaymentState as S
from headrace.runtime.payments.states import RecordKind as K

LEG_MAX = 2**15 - 1


def bits(*numbers: int) -> int:
    return sum(2**n for n in numbers)


def test_the_numbers_are_those_that_the_statements_name() -> None:
    assert (Key.NEVER, Key.MAY, Key.ALWAYS) == (0, 1, 2)
    assert (Party.NOBODY, Party.TENANT) == (0, 4)
    assert (Party.EXTERNAL, Party.OUT, Party.IN) == (EXTERNAL, TRANSIT_OUT, TRANSIT_IN)
    assert {EXTERNAL, TRANSIT_OUT, TRANSIT_IN} == {1, 2, 3}


LEGS = {
    (0, 0): {
        K.ACCOUNT_OPENED, K.ACCOUNT_CHANGED, K.ACCOUNT_CLOSED, K.DEPOSITED, K.WITHDRAWN,
        K.SETTLED, K.DEBITED, K.ACCEPTED,
    },
    (-1, -1): {K.HELD},
    (-1, 0): {K.DECLINED, K.HELD_FOR_REVIEW},
    (0, LEG_MAX): {
        K.COMPLETED, K.CAPTURED, K.RELEASED, K.RETURNED, K.CREDITED, K.LEG_REFUSED,
    },
    (1, LEG_MAX): {K.REFUND_REQUESTED, K.REFUNDED, K.REFUND_DECLINED, K.REFUND_DEBITED},
}  # fmt: skip
"""Refunds are numbered from 1, captures too; 0 is a whole payment, -1 one that waits for captures.
"""


def test_each_kind_has_the_legs_that_it_can_have() -> None:
    kinds, low, high, *_ = fields()
    found: dict[tuple[int, int], set[int]] = {}
    for kind, *legs in zip(kinds, low, high, strict=True):
        found.setdefault((legs[0], legs[1]), set()).add(kind)
    assert found == LEGS


REASONS = {
    K.DECLINED: {
        R.PAYMENT_LIMIT, R.DAILY_AMOUNT_LIMIT, R.DAILY_COUNT_LIMIT, R.RISK_REJECTED,
        R.RISK_UNAVAILABLE, R.INSUFFICIENT_FUNDS,
    },
    K.RELEASED: {R.NONE, R.REVIEW_REJECTED, R.REVIEW_EXPIRED},
    K.RETURNED: {R.CREDITOR_CLOSED, R.BALANCE_LIMIT},
    K.REFUND_DECLINED: {
        R.CREDITOR_CLOSED, R.CREDITOR_FROZEN, R.INSUFFICIENT_FUNDS, R.BALANCE_LIMIT,
    },
    K.LEG_REFUSED: {
        R.CREDITOR_CLOSED, R.CREDITOR_FROZEN, R.INSUFFICIENT_FUNDS, R.BALANCE_LIMIT,
    },
}  # fmt: skip
KEYED = {
    Key.ALWAYS: {
        K.DEPOSITED, K.WITHDRAWN, K.SETTLED, K.DEBITED, K.DECLINED, K.HELD, K.HELD_FOR_REVIEW,
        K.REFUND_REQUESTED,
    },
    Key.MAY: {K.CAPTURED, K.RELEASED, K.ACCEPTED},
}  # fmt: skip


def test_each_kind_has_its_reasons_keys_and_times() -> None:
    kinds, _, _, reasons, keys, expires, scored = fields()
    assert kinds == sorted(K)
    assert reasons == [bits(*REASONS.get(kind, {R.NONE})) for kind in sorted(K)]
    assert {kind for kind, key in zip(kinds, keys, strict=True) if key == 2} == KEYED[Key.ALWAYS]
    assert {kind for kind, key in zip(kinds, keys, strict=True) if key == 1} == KEYED[Key.MAY]
    assert set(keys) == {0, 1, 2}
    ends = {kind for kind, ends in zip(kinds, expires, strict=True) if ends}
    assert ends == {K.HELD, K.HELD_FOR_REVIEW, K.ACCEPTED}
    judged = {kind for kind, judged in zip(kinds, scored, strict=True) if judged}
    assert judged == {K.SETTLED, K.DEBITED, K.DECLINED, K.HELD, K.HELD_FOR_REVIEW}


TENANT, OUT, IN, OUTSIDE = 4, TRANSIT_OUT, TRANSIT_IN, EXTERNAL
MOVES = {
    K.ACCOUNT_OPENED: (0, {TENANT}), K.ACCOUNT_CHANGED: (0, {TENANT}),
    K.ACCOUNT_CLOSED: (0, {TENANT}), K.DEPOSITED: (OUTSIDE, {TENANT}),
    K.WITHDRAWN: (TENANT, {OUTSIDE}), K.SETTLED: (TENANT, {TENANT}), K.DEBITED: (TENANT, {OUT}),
    K.COMPLETED: (0, {0}), K.DECLINED: (TENANT, {0}), K.HELD: (TENANT, {0}),
    K.HELD_FOR_REVIEW: (TENANT, {0}), K.CAPTURED: (TENANT, {TENANT, OUT}),
    K.RELEASED: (TENANT, {0}), K.ACCEPTED: (0, {0}), K.RETURNED: (OUT, {TENANT}),
    K.REFUND_REQUESTED: (0, {0}), K.REFUNDED: (IN, {TENANT}), K.REFUND_DECLINED: (0, {0}),
    K.CREDITED: (IN, {TENANT}), K.REFUND_DEBITED: (TENANT, {OUT}), K.LEG_REFUSED: (0, {0}),
}  # fmt: skip
"""Who is debited and who may be credited."""


def test_each_kind_debits_and_credits_its_parties() -> None:
    kinds, debits, credits, with_amount = parties()
    assert dict(zip(kinds, zip(debits, credits, strict=True), strict=True)) == {
        kind: (debit, bits(*credited)) for kind, (debit, credited) in MOVES.items()
    }
    without = {kind for kind, some in zip(kinds, with_amount, strict=True) if not some}
    assert without == {K.ACCOUNT_OPENED, K.ACCOUNT_CHANGED, K.ACCOUNT_CLOSED}


def test_a_shape_is_told_nothing_that_it_does_not_say() -> None:
    plain = next(shape for shape in SHAPES if shape.kind is K.ACCOUNT_OPENED)
    assert plain[3:] == ((0, 0), (R.NONE,), Key.NEVER, False, False)


def test_the_table_of_states_is_handed_over_as_columns() -> None:
    sources, kinds, targets = ARGUMENTS["states_follow"]
    moves = list(zip(sources, kinds, targets, strict=True))
    assert (0, K.SETTLED, S.SETTLED) in moves, "0: a payment begins"
    assert (S.SETTLED, K.REFUNDED, S.PARTIALLY_REFUNDED) in moves
    assert (S.IN_REVIEW, K.RELEASED, S.DECLINED) in moves
    assert {kind for source, kind, _ in moves if not source} == {
        K.SETTLED, K.DEBITED, K.DECLINED, K.HELD, K.HELD_FOR_REVIEW,
    }  # fmt: skip
