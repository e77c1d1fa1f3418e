"""What is true of each kind and each state, written out a second time: `verify`, statements, loads
and readers ask for these sets by name, and one kind too many or too few is money told wrongly.

Kinds and states that came later are their own tests' to tell of."""

import pytest

from headrace.runtime.journal.kinds import KINDS, RecordKind, Who, kind_rows
from headrace.runtime.journal.reasons import DeclineReason as R
from headrace.runtime.journal.states import STATES, PaymentState, state_rows

ACCOUNT = "account_opened account_changed account_closed deposited withdrawn"
PAYMENT = (
    "settled debited completed declined held held_for_review captured released accepted returned "
    "refund_requested refunded refund_declined"
)
COUNTERPART = "credited refund_debited leg_refused"
FIRST = "settled debited declined held held_for_review"
MOVES = "deposited withdrawn settled debited captured returned refunded credited refund_debited"

SETS = {
    "account": ACCOUNT,
    "payment": PAYMENT,
    "counterpart": COUNTERPART,
    "event": f"{ACCOUNT} {PAYMENT}".replace(" debited", ""),
    "settings": "account_opened account_changed account_closed",
    "first": FIRST,
    "debits": MOVES,
    "credits": MOVES,
    "holds": "held held_for_review",
    "frees": "captured released",
    "changes_debit": f"{MOVES} held held_for_review released",
    "changes_tenants_debit": (
        "withdrawn settled debited held held_for_review captured released refund_debited"
    ),
    "asks_of_tenant": "withdrawn settled debited declined held held_for_review refund_debited",
    "later": (
        "completed captured released accepted returned refund_requested refunded refund_declined "
        "credited refund_debited leg_refused"
    ),
    "authorises": "settled debited held held_for_review",
    "captures": "settled debited captured",
    "uncaptures": "returned",
    "refunds": "refunded",
    "explains": "declined released returned",
    "concerns_hold": "held held_for_review captured released accepted",
    "from_debtor": f"{FIRST} captured released",
    "from_creditor": "refund_debited",
    "to_debtor": "returned refunded",
    "to_creditor": "settled captured credited",
    "to_creditor_unheld": "settled credited",
    "of_a_leg": (
        "debited completed captured returned refund_requested refunded refund_declined credited "
        "refund_debited leg_refused"
    ),
    "opens_leg": "debited captured refund_requested",
    "opens_payment_leg": "debited captured",
    "opens_refund_leg": "refund_requested",
    "posts_payment_leg": "credited",
    "posts_refund_leg": "refund_debited",
    "refuses_leg": "leg_refused",
    "ends_leg": "completed returned refunded refund_declined",
    "fails_leg": "returned refund_declined",
    "turns_down_leg": "returned refund_declined leg_refused",
    "into_transit": "debited captured refund_debited",
    "from_transit": "returned refunded credited",
    "completes_payment_leg": "completed",
    "completes_refund_leg": "refunded",
    "fails_payment_leg": "returned",
    "fails_refund_leg": "refund_declined",
}

SETS_OF_STATES = {
    "open": "in_review authorized partially_captured captured",
    "final": "settled partially_refunded refunded declined cancelled expired returned",
    "holds": "in_review authorized partially_captured",
    "capturable": "authorized partially_captured",
    "refundable": "settled partially_refunded",
    "arrived": "settled partially_refunded refunded",
    "tells_reason": "declined expired returned",
}
WRITTEN = {*ACCOUNT.split(), *PAYMENT.split(), *COUNTERPART.split()}
WRITTEN_STATES = {*SETS_OF_STATES["open"].split(), *SETS_OF_STATES["final"].split()}
THESE = [kind for kind in RecordKind if kind.name.lower() in WRITTEN]
THESE_STATES = [state for state in PaymentState if state.name.lower() in WRITTEN_STATES]


@pytest.mark.parametrize("name", [*KINDS])
def test_a_set_of_kinds_is_what_it_says(name: str) -> None:
    assert {kind.name.lower() for kind in KINDS[name]} & WRITTEN == set(SETS[name].split())


@pytest.mark.parametrize("name", [*STATES])
def test_a_set_of_states_is_what_it_says(name: str) -> None:
    found = {state.name.lower() for state in STATES[name]}
    assert found & WRITTEN_STATES == set(SETS_OF_STATES[name].split())


def test_no_set_is_gone() -> None:
    assert (KINDS.keys(), STATES.keys()) == (SETS.keys(), SETS_OF_STATES.keys())


ANY, LATER = (0, 32_767), (1, 32_767)
LEGS = {
    "completed": ANY, "declined": (-1, 0), "held": (-1, -1), "held_for_review": (-1, 0),
    "captured": ANY, "released": ANY, "returned": ANY, "refund_requested": LATER,
    "refunded": LATER, "refund_declined": LATER, "credited": ANY, "refund_debited": LATER,
    "leg_refused": ANY,
}  # fmt: skip
"""The smallest and largest leg of a record; of the others there is 0 alone."""
KEYS = {
    "deposited": 2, "withdrawn": 2, **dict.fromkeys(FIRST.split(), 2), "captured": 1,
    "released": 1, "accepted": 1, "refund_requested": 2,
}  # fmt: skip
"""2: each has a client's key; 1: it may have one; the others never do."""
ASKED = {
    "deposited": "deposit", "withdrawn": "withdrawal", "captured": "capture",
    "refund_requested": "refund",
}  # fmt: skip
NOT_CREDITED = {R.CREDITOR_CLOSED, R.BALANCE_LIMIT}
NOT_REFUNDED = {R.CREDITOR_CLOSED, R.CREDITOR_FROZEN, R.INSUFFICIENT_FUNDS, R.BALANCE_LIMIT}
REASONS = {
    "declined": {
        R.PAYMENT_LIMIT, R.DAILY_AMOUNT_LIMIT, R.DAILY_COUNT_LIMIT, R.RISK_REJECTED,
        R.RISK_UNAVAILABLE, R.INSUFFICIENT_FUNDS,
    },
    "released": {R.NONE, R.REVIEW_REJECTED, R.REVIEW_EXPIRED},
    "returned": NOT_CREDITED,
    "refund_declined": NOT_REFUNDED,
    "leg_refused": NOT_REFUNDED,
}  # fmt: skip
"""Of the others: none."""
EXPIRING = {"held", "held_for_review", "accepted"}


TOLD = {
    **dict.fromkeys(("debited", "completed", "captured", "credited"), "payment.settled"),
    "refund_debited": "payment.refunded", "leg_refused": None,
}  # fmt: skip
"""What users are told of records that are called otherwise."""
CAPTURES = ("completed", "captured", "credited")


@pytest.mark.parametrize("kind", THESE, ids=lambda kind: kind.name.lower())
def test_a_record_of_a_kind_may_look_so(kind: RecordKind) -> None:
    facts, name = kind.facts, kind.name.lower()
    assert facts.legs == LEGS.get(name, (0, 0))
    assert facts.key == KEYS.get(name, 0)
    assert facts.asked == ASKED.get(name)
    assert set(facts.reasons) == REASONS.get(name, {R.NONE})
    assert facts.expires == (name in EXPIRING)


BALANCES = {
    "deposited": (-1, 0, 1, 0, 0), "withdrawn": (-1, 0, 1, 0, 0), "settled": (-1, 0, 1, 1, 0),
    "debited": (-1, 0, 1, 1, 0), "held": (0, 1, 0, 0, 0), "held_for_review": (0, 1, 0, 0, 0),
    "captured": (-1, -1, 1, 1, 0), "released": (0, -1, 0, 0, 0), "returned": (-1, 0, 1, -1, 0),
    "refunded": (-1, 0, 1, 0, 1), "credited": (-1, 0, 1, 0, 0), "refund_debited": (-1, 0, 1, 0, 0),
}  # fmt: skip
"""Signs of the amount in the debit's posted and held and the credit's posted balance, in what was
captured and in what was refunded; of the others: nothing moves."""
STEPS = {
    "debited": "opens", "captured": "opens", "refund_requested": "opens", "credited": "posts",
    "refund_debited": "posts", "leg_refused": "refuses", "completed": "arrives",
    "refunded": "arrives", "returned": "fails", "refund_declined": "fails",
}  # fmt: skip


@pytest.mark.parametrize("kind", THESE, ids=lambda kind: kind.name.lower())
def test_sql_is_told_of_a_kind_what_is_true_of_it(kind: RecordKind) -> None:
    row, name = kind_rows()[kind], kind.name.lower()
    family = next(f for f in ("account", "payment", "counterpart") if name in SETS[f].split())
    posted, held, credited, captured, refunded = BALANCES.get(name, (0,) * 5)
    words = row.pop("words")
    assert isinstance(words, str)
    assert words.endswith(".")
    assert row == {
        "number": int(kind), "name": name, "family": family,
        "told": TOLD.get(name, f"{family}.{name.removeprefix('account_')}"),
        "told_of_movement": "payment.captured" if name in CAPTURES else None,
        "event": name in SETS["event"].split(),
        "first": name in FIRST.split(), "settings": name in SETS["settings"].split(),
        "debit_posted": posted, "debit_held": held, "credit_posted": credited,
        "captured": captured, "refunded": refunded, "leg": STEPS.get(name),
        "explains": name in SETS["explains"].split(),
    }  # fmt: skip


@pytest.mark.parametrize("state", THESE_STATES, ids=lambda state: state.name.lower())
def test_sql_is_told_of_a_state_what_is_true_of_it(state: PaymentState) -> None:
    row = state_rows()[state]
    words = row.pop("words")
    assert isinstance(words, str)
    assert words.endswith(".")
    told = {
        name: state.name.lower() in SETS_OF_STATES[name].split()
        for name in ("open", "final", "holds", "arrived", "tells_reason")
    }
    assert row == {"number": int(state), "name": state.name.lower(), **told}


def test_parties_of_one_kind_are_told_apart() -> None:
    assert len(Who) == len(Who.__members__) == 7


def test_a_number_without_a_row_is_no_kind_and_no_state() -> None:
    with pytest.raises(TypeError, match="kind 7 has no row"):
        RecordKind.__new_member__(RecordKind, 7)
    with pytest.raises(TypeError, match="state 12 has no row"):
        PaymentState.__new_member__(PaymentState, 12)
