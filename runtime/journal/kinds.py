"""The kinds of records: one row a kind says all that anyone has to know of it.

Views and statements in SQL, loads, `verify`, the folding of payments, statements, events, the
reference and the judge of fault injection read it from here; the ledger's table `kinds` has it too.
A new kind is a row here, its decider, and its transitions (runtime/payments/states.py).
"""

from collections.abc import Callable
from enum import Enum, IntEnum
from typing import NamedTuple

from headrace.runtime.journal import told as T
from headrace.runtime.journal.account_numbers import Party, SystemAccount
from headrace.runtime.journal.reasons import DeclineReason
from headrace.runtime.journal.record import LEG_MAX, NO_LEG
from headrace.runtime.journal.told import Told

R = DeclineReason


class Family(Enum):
    """What a record is about; the numbers that its kinds may have, first and last."""

    ACCOUNT = 1, 99
    """An account, written by its partition. It names no payment."""
    PAYMENT = 100, 999
    """A payment, written by its home: these are its timeline."""
    COUNTERPART = 1000, 1999
    """The other end of a payment's leg, written by the creditor's partition: an entry of the
    creditor's account and no event of the payment. Unique by payment and leg, and of these alone
    (the index `journal_leg`)."""


class Who(Enum):
    """Whose account a record debits or credits; by what kinds of accounts that may be."""

    ACCOUNT = (Party.TENANT,)
    """The account that the record is about."""
    OF_A_ROLE = (Party.ROLE,)
    DEBTOR = (Party.TENANT, "debtor")
    """The payment's; so the next."""
    CREDITOR = (Party.TENANT, "creditor")
    EXTERNAL = (SystemAccount.EXTERNAL,)
    TRANSIT_OUT = (SystemAccount.TRANSIT_OUT,)
    TRANSIT_IN = (SystemAccount.TRANSIT_IN,)

    @property
    def party(self) -> int:
        """As account numbers tell it."""
        return int(self.value[0])


class Side(NamedTuple):
    """A record's debit or credit: whose account, one of these; and the sign with which the record's
    amount changes its posted and held balance."""

    who: tuple[Who, ...] = ()
    posted: int = 0
    held: int = 0

    @property
    def parties(self) -> frozenset[int]:
        """Kinds of accounts, as their numbers tell it."""
        return frozenset(who.party for who in self.who) or frozenset({int(Party.NOBODY)})


class Step(Enum):
    """What a record does to a leg of its payment."""

    OPENS = "opens"
    """At home, if what it credits is no tenant's account."""
    POSTS = "posts"
    """At the counterpart; so does the next, for good."""
    REFUSES = "refuses"
    ARRIVES = "arrives"
    """At home: its end, after POSTS. The next: after REFUSES."""
    FAILS = "fails"


class Way(Enum):
    """Where a leg takes money."""

    PAYMENT = "payment"
    """To the creditor."""
    REFUND = "refund"
    """From the creditor, back."""


class Key(IntEnum):
    """Whether a record has a client's key, with its fingerprint."""

    NEVER = 0
    MAY = 1
    ALWAYS = 2


ALL_OF_IT, MANUAL = (0, 0), (NO_LEG, NO_LEG)
EITHER, ANY, LATER = (NO_LEG, 0), (0, LEG_MAX), (1, LEG_MAX)
AT_DECISION = (
    R.PAYMENT_LIMIT, R.DAILY_AMOUNT_LIMIT, R.DAILY_COUNT_LIMIT, R.RISK_REJECTED, R.RISK_UNAVAILABLE,
    R.INSUFFICIENT_FUNDS,
)  # fmt: skip
NOT_CREDITED = (R.CREDITOR_CLOSED, R.BALANCE_LIMIT)
NOT_REFUNDED = (R.CREDITOR_CLOSED, R.CREDITOR_FROZEN, R.INSUFFICIENT_FUNDS, R.BALANCE_LIMIT)
TO_PAY, TO_REFUND = (Way.PAYMENT,), (Way.REFUND,)


class Facts(NamedTuple):
    """A row."""

    family: Family
    words: str
    told: Told | None = None
    """What users are told that it is, if anything; not all that is told is an event."""
    debit: Side = Side()
    credit: Side = Side()
    settings: bool = False
    """It says what an account was set to, and has no amount."""
    first: bool = False
    """A payment begins with it; risk's word stands in it."""
    captured: int = 0
    """Sign with which its amount changes what was captured of the payment; so the next. What is
    held changes as the debtor's held balance does."""
    refunded: int = 0
    told_of_movement: Told | None = None
    """The same where its leg has a number, as those of captures and refunds; None: no other."""
    step: Step | None = None
    ways: tuple[Way, ...] = TO_PAY
    """Of the leg."""
    expires: bool = False
    """It says when a hold or review ends."""
    explains: bool = False
    """Its reason is the payment's, and not a leg's."""
    asked: str | None = None
    """What a client's key on it asked for, if not for the payment or a decision about it."""
    legs: tuple[int, int] = ALL_OF_IT
    """The smallest and the largest number of its leg."""
    reasons: tuple[DeclineReason, ...] = (R.NONE,)
    key: Key = Key.NEVER


F, W = Family, Who


class RecordKind(IntEnum):
    """What a record of the journal says has happened. Stable numbers: they stand in it."""

    facts: Facts

    def __new__(cls, number: int, facts: Facts | None = None) -> "RecordKind":
        if facts is None:
            raise TypeError(f"kind {number} has no row of facts")
        kind = int.__new__(cls, number)
        kind._value_ = number
        kind.facts = facts
        return kind

    ACCOUNT_OPENED = 1, Facts(
        F.ACCOUNT, "An account was opened.", T.ACCOUNT_OPENED,
        credit=Side((W.ACCOUNT, W.OF_A_ROLE)), settings=True,
    )  # fmt: skip
    ACCOUNT_CHANGED = 2, Facts(
        F.ACCOUNT, "Its settings were changed.", T.ACCOUNT_CHANGED,
        credit=Side((W.ACCOUNT, W.OF_A_ROLE)), settings=True,
    )  # fmt: skip
    ACCOUNT_CLOSED = 3, Facts(
        F.ACCOUNT, "It was closed, with nothing in it.", T.ACCOUNT_CLOSED,
        credit=Side((W.ACCOUNT, W.OF_A_ROLE)), settings=True,
    )  # fmt: skip
    DEPOSITED = 4, Facts(
        F.ACCOUNT, "Money came in from outside.", T.ACCOUNT_DEPOSITED,
        Side((W.EXTERNAL,), posted=-1), Side((W.ACCOUNT,), posted=1),
        asked="deposit", key=Key.ALWAYS,
    )  # fmt: skip
    WITHDRAWN = 5, Facts(
        F.ACCOUNT, "Money went out.", T.ACCOUNT_WITHDRAWN,
        Side((W.ACCOUNT,), posted=-1), Side((W.EXTERNAL,), posted=1),
        asked="withdrawal", key=Key.ALWAYS,
    )  # fmt: skip

    SETTLED = 100, Facts(
        F.PAYMENT, "Decided and settled in one commit: debtor to creditor.", T.PAYMENT_SETTLED,
        Side((W.DEBTOR,), posted=-1), Side((W.CREDITOR,), posted=1),
        first=True, captured=1, key=Key.ALWAYS,
    )  # fmt: skip
    DEBITED = 101, Facts(
        F.PAYMENT, "Decided; debtor to the home partition's transit_out.", T.PAYMENT_SETTLED,
        Side((W.DEBTOR,), posted=-1), Side((W.TRANSIT_OUT,), posted=1),
        first=True, captured=1, step=Step.OPENS, key=Key.ALWAYS,
    )  # fmt: skip
    COMPLETED = 102, Facts(
        F.PAYMENT, "Home learned that a leg arrived. No posting.", T.PAYMENT_SETTLED,
        told_of_movement=T.PAYMENT_CAPTURED, step=Step.ARRIVES, legs=ANY,
    )  # fmt: skip
    DECLINED = 103, Facts(
        F.PAYMENT, "Decided against: limits, risk or funds.", T.PAYMENT_DECLINED,
        Side((W.DEBTOR,)), first=True, explains=True, legs=EITHER, reasons=AT_DECISION,
        key=Key.ALWAYS,
    )  # fmt: skip
    HELD = 104, Facts(
        F.PAYMENT, "Decided; held until captured.", T.PAYMENT_HELD,
        Side((W.DEBTOR,), held=1), first=True, expires=True, legs=MANUAL, key=Key.ALWAYS,
    )  # fmt: skip
    HELD_FOR_REVIEW = 105, Facts(
        F.PAYMENT, "Held until somebody decides.", T.PAYMENT_HELD_FOR_REVIEW,
        Side((W.DEBTOR,), held=1), first=True, expires=True, legs=EITHER, key=Key.ALWAYS,
    )  # fmt: skip
    CAPTURED = 106, Facts(
        F.PAYMENT, "Held money moves: debtor to creditor (one actor) or to transit_out (a leg).",
        T.PAYMENT_SETTLED, Side((W.DEBTOR,), posted=-1, held=-1),
        Side((W.CREDITOR, W.TRANSIT_OUT), posted=1),
        told_of_movement=T.PAYMENT_CAPTURED, captured=1, step=Step.OPENS, asked="capture", legs=ANY,
        key=Key.MAY,
    )  # fmt: skip
    RELEASED = 107, Facts(
        F.PAYMENT,
        "A hold, or the rest of it, is given back: cancel, expiry, final capture, rejection.",
        T.PAYMENT_RELEASED, Side((W.DEBTOR,), held=-1), explains=True, legs=ANY,
        reasons=(R.NONE, R.REVIEW_REJECTED, R.REVIEW_EXPIRED), key=Key.MAY,
    )  # fmt: skip
    ACCEPTED = 108, Facts(
        F.PAYMENT, "A reviewer accepted a payment that stays held for capture. No posting.",
        T.PAYMENT_ACCEPTED, expires=True, key=Key.MAY,
    )  # fmt: skip
    RETURNED = 109, Facts(
        F.PAYMENT, "The creditor's partition refused a leg: transit_out to debtor.",
        T.PAYMENT_RETURNED, Side((W.TRANSIT_OUT,), posted=-1), Side((W.DEBTOR,), posted=1),
        captured=-1, step=Step.FAILS, explains=True, legs=ANY, reasons=NOT_CREDITED,
    )  # fmt: skip
    REFUND_REQUESTED = 110, Facts(
        F.PAYMENT, "Home reserved part of the refundable amount. No posting.",
        T.PAYMENT_REFUND_REQUESTED, step=Step.OPENS, ways=TO_REFUND, asked="refund", legs=LATER,
        key=Key.ALWAYS,
    )  # fmt: skip
    REFUNDED = 111, Facts(
        F.PAYMENT, "Transit_in of home to debtor.", T.PAYMENT_REFUNDED,
        Side((W.TRANSIT_IN,), posted=-1), Side((W.DEBTOR,), posted=1),
        refunded=1, step=Step.ARRIVES, ways=TO_REFUND, legs=LATER,
    )  # fmt: skip
    REFUND_DECLINED = 112, Facts(
        F.PAYMENT, "The creditor's partition refused a refund. No posting.",
        T.PAYMENT_REFUND_DECLINED, step=Step.FAILS, ways=TO_REFUND, legs=LATER,
        reasons=NOT_REFUNDED,
    )  # fmt: skip

    CREDITED = 1000, Facts(
        F.COUNTERPART, "Counterpart's entry for a leg: its transit_in to creditor.",
        T.PAYMENT_SETTLED, Side((W.TRANSIT_IN,), posted=-1), Side((W.CREDITOR,), posted=1),
        told_of_movement=T.PAYMENT_CAPTURED, step=Step.POSTS, legs=ANY,
    )  # fmt: skip
    REFUND_DEBITED = 1001, Facts(
        F.COUNTERPART, "Counterpart's entry for a refund leg: creditor to its transit_out.",
        T.PAYMENT_REFUNDED, Side((W.CREDITOR,), posted=-1), Side((W.TRANSIT_OUT,), posted=1),
        step=Step.POSTS, ways=TO_REFUND, legs=LATER,
    )  # fmt: skip
    LEG_REFUSED = 1002, Facts(
        F.COUNTERPART, "Counterpart will never carry out this leg. No posting.",
        step=Step.REFUSES, ways=(Way.PAYMENT, Way.REFUND), legs=ANY,
        reasons=(*NOT_CREDITED, *NOT_REFUNDED),
    )  # fmt: skip


def _always_on_its_way(facts: Facts) -> bool:
    """It sends a payment's money to another actor."""
    return facts.captured > 0 and W.CREDITOR not in facts.credit.who


_ENDS = (Step.ARRIVES, Step.FAILS)
_CASES: dict[str, Callable[[Facts], object]] = {
    "account": lambda f: f.family is F.ACCOUNT,
    "payment": lambda f: f.family is F.PAYMENT,
    "counterpart": lambda f: f.family is F.COUNTERPART,
    "event": lambda f: f.told and f.family is not F.COUNTERPART and not _always_on_its_way(f),
    "settings": lambda f: f.settings,
    "first": lambda f: f.first,
    # What it does to balances
    "debits": lambda f: f.debit.posted,
    "credits": lambda f: f.credit.posted,
    "holds": lambda f: f.debit.held > 0,
    "frees": lambda f: f.debit.held < 0,
    "changes_debit": lambda f: f.debit.posted or f.debit.held,
    "changes_tenants_debit": lambda f: (
        Party.TENANT in f.debit.parties and (f.debit.posted or f.debit.held)
    ),
    "asks_of_tenant": lambda f: Party.TENANT in f.debit.parties and f.debit.held >= 0,
    # What it does to its payment
    "later": lambda f: f.family is not F.ACCOUNT and not f.first,
    "authorises": lambda f: f.first and (f.debit.posted or f.debit.held),
    "captures": lambda f: f.captured > 0,
    "uncaptures": lambda f: f.captured < 0,
    "refunds": lambda f: f.refunded,
    "explains": lambda f: f.explains,
    "concerns_hold": lambda f: f.debit.held or f.expires,
    # Whose account it names
    "from_debtor": lambda f: W.DEBTOR in f.debit.who,
    "from_creditor": lambda f: W.CREDITOR in f.debit.who,
    "to_debtor": lambda f: W.DEBTOR in f.credit.who,
    "to_creditor": lambda f: W.CREDITOR in f.credit.who,
    "to_creditor_unheld": lambda f: W.CREDITOR in f.credit.who and not f.debit.held,
    # What it does to a leg
    "of_a_leg": lambda f: f.step,
    "opens_leg": lambda f: f.step is Step.OPENS,
    "opens_payment_leg": lambda f: f.step is Step.OPENS and Way.PAYMENT in f.ways,
    "opens_refund_leg": lambda f: f.step is Step.OPENS and Way.REFUND in f.ways,
    "posts_payment_leg": lambda f: f.step is Step.POSTS and Way.PAYMENT in f.ways,
    "posts_refund_leg": lambda f: f.step is Step.POSTS and Way.REFUND in f.ways,
    "refuses_leg": lambda f: f.step is Step.REFUSES,
    "ends_leg": lambda f: f.step in _ENDS,
    "fails_leg": lambda f: f.step is Step.FAILS,
    "turns_down_leg": lambda f: f.step in (Step.REFUSES, Step.FAILS),
    "into_transit": lambda f: W.TRANSIT_OUT in f.credit.who,
    "from_transit": lambda f: {W.TRANSIT_OUT, W.TRANSIT_IN} & {*f.debit.who},
    "completes_payment_leg": lambda f: f.step is Step.ARRIVES and Way.PAYMENT in f.ways,
    "completes_refund_leg": lambda f: f.step is Step.ARRIVES and Way.REFUND in f.ways,
    "fails_payment_leg": lambda f: f.step is Step.FAILS and Way.PAYMENT in f.ways,
    "fails_refund_leg": lambda f: f.step is Step.FAILS and Way.REFUND in f.ways,
}
KINDS: dict[str, frozenset[RecordKind]] = {
    name: frozenset(kind for kind in RecordKind if case(kind.facts))
    for name, case in _CASES.items()
}
"""By what is true of them; SQL says `:kinds(first)`."""
ACCOUNT_KINDS, COUNTERPART_KINDS = KINDS["account"], KINDS["counterpart"]
FIRST_KINDS = KINDS["first"]
"""The kinds that a payment's first record can have."""


def kind_rows() -> dict[int, dict[str, int | str | bool | None]]:
    """What the ledger's table `kinds` says of each, column by column."""
    return {
        int(k): {
            "number": int(k), "name": k.name.lower(), "family": k.facts.family.name.lower(),
            "told": k.facts.told and k.facts.told.type,
            "told_of_movement": k.facts.told_of_movement and k.facts.told_of_movement.type,
            "event": k in KINDS["event"], "first": k.facts.first, "settings": k.facts.settings,
            "debit_posted": k.facts.debit.posted, "debit_held": k.facts.debit.held,
            "credit_posted": k.facts.credit.posted, "captured": k.facts.captured,
            "refunded": k.facts.refunded, "leg": k.facts.step.value if k.facts.step else None,
            "explains": k.facts.explains, "words": k.facts.words,
        }
        for k in RecordKind
    }  # fmt: skip
