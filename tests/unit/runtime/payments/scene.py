"""One actor's book and a batch to decide in: what examples are told in.

Partitions 0 and 1 are the actor's, 2 and 3 another's. All that is decided is decided at noon, a
second after the newest record; sequences go on from 100 in partition 0 and from 200 in partition 1.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any, NamedTuple

import numpy as np

from headrace.runtime.clock import DAY_US
from headrace.runtime.ids import payment_id
from headrace.runtime.journal.account_numbers import (
    EXTERNAL,
    FIRST_ORDINAL,
    TRANSIT_IN,
    TRANSIT_OUT,
    account_number,
    is_system_account,
    party_of,
    system_account,
)
from headrace.runtime.journal.kinds import RecordKind
from headrace.runtime.journal.record import NEVER_NULL, ROW, Record, Rows
from headrace.runtime.journal.states import AccountState
from headrace.runtime.payments.account import Account, Creditor
from headrace.runtime.payments.answer import Answer, Done, LegsDone
from headrace.runtime.payments.batch import AccountRow, Batch
from headrace.runtime.payments.book import Book, Partition
from headrace.runtime.payments.command import (
    Act,
    ChangeAccount,
    Fund,
    OpenAccount,
    Pay,
    PaymentAction,
    PostLegs,
    SettleLegs,
)
from headrace.runtime.payments.decide_account import decide_change, decide_fund, decide_open
from headrace.runtime.payments.decide_action import decide_action
from headrace.runtime.payments.decide_legs import decide_post_legs, decide_settle_legs
from headrace.runtime.payments.decide_payment import Risk, Times, decide_payment
from headrace.runtime.payments.holds import HOLDS
from headrace.runtime.payments.open_leg import LEG, OpenLeg, ShownLegs
from headrace.runtime.payments.payment import Payment
from headrace.runtime.risk.windows import Windows

EUR, USD = 978, 840
DAY = 20_000
NOON = DAY * DAY_US + DAY_US // 2
SECOND = 1_000_000
BEFORE = NOON - SECOND
TIMES = Times(hold_s=1_000, review_s=500)
TRACE, OTHER_TRACE = bytes(range(16)), bytes(range(16, 32))
ACCEPTED, REVIEWED, REJECTED = Risk(0, 120, 8, 3), Risk(1, 700, 2, 3), Risk(2, 950, 4, 3)
NOBODY_ANSWERED = Risk(2, -1, 1, 0)
OPEN, FROZEN, CLOSED = AccountState
ANNA, SHOP, BERT = FIRST_ORDINAL, FIRST_ORDINAL + 1, account_number(1, FIRST_ORDINAL)
FAR = account_number(2, FIRST_ORDINAL)
OUT_0, OUT_1 = (system_account(p, EUR, TRANSIT_OUT) for p in (0, 1))
IN_0, IN_1 = (system_account(p, EUR, TRANSIT_IN) for p in (0, 1))
EXTERNAL_0 = system_account(0, EUR, EXTERNAL)
OUT_HAS, IN_HAS, EXTERNAL_HAS = 700, -300, -9_000
K = RecordKind


class Written(NamedTuple):
    """All that a batch would write or take back."""

    records: list[Record] = []  # noqa: RUF012  # read only
    started_from: dict[int, tuple[int, int, int]] = {}  # noqa: RUF012  # read only
    opened: dict[int, int] = {}  # noqa: RUF012  # read only
    changed: list[AccountRow] = []  # noqa: RUF012  # read only
    holds: dict[bytes, Any] = {}  # noqa: RUF012  # read only
    legs_opened: list[OpenLeg] = []  # noqa: RUF012  # read only
    legs_closed: list[OpenLeg] = []  # noqa: RUF012  # read only
    accounts: set[int] = set()  # noqa: RUF012  # read only
    payments: set[bytes] = set()  # noqa: RUF012  # read only
    keys: list[tuple[int, str]] = []  # noqa: RUF012  # read only
    answered: list[tuple[int, int]] = []  # noqa: RUF012  # read only


FROM_0, FROM_1 = {0: (100, BEFORE, 105_000)}, {1: (200, BEFORE, 106_000)}


class Scene:
    """Anna and a shop live in partition 0, Bert in 1, and `far` with another actor, once they are
    asked for."""

    def __init__(self) -> None:
        self.book = Book(4)
        self.book.partitions = {
            0: Partition(0, 3, 100, BEFORE, 105_000), 1: Partition(1, 4, 200, BEFORE, 106_000)
        }  # fmt: skip
        for kind, posted in (
            (EXTERNAL, EXTERNAL_HAS),
            (TRANSIT_OUT, OUT_HAS),
            (TRANSIT_IN, IN_HAS),
        ):
            for partition in (0, 1):
                account = Account(system_account(partition, EUR, kind), 0, "", EUR)
                account.posted = posted
                self.book.add(account)
        self.now = NOON
        self.key = 0
        self.journal: list[Record] = []
        """Of earlier batches."""
        self.batch = Batch(9)
        self._start()

    # Who is there

    def anna(self, posted: int = 0, **settings: Any) -> Account:
        """Of partition 0."""
        return self._account(ANNA, "anna", posted, settings)

    def shop(self, posted: int = 0, **settings: Any) -> Account:
        """Also of partition 0."""
        return self._account(SHOP, "shop", posted, settings)

    def bert(self, posted: int = 0, **settings: Any) -> Account:
        """Of partition 1, of the same actor."""
        return self._account(BERT, "bert", posted, settings)

    def far(self, currency: int = EUR, closed: bool = False) -> Creditor:
        """Of partition 2, of another actor."""
        known = self.book.creditors[1, "far"] = Creditor(FAR, currency, closed)
        return known

    def _account(self, number: int, id: str, posted: int, settings: dict[str, Any]) -> Account:
        account = Account(number, 1, id, settings.pop("currency", EUR))
        account.posted = posted
        account.windows = Windows()
        account.counts = True
        for name, value in settings.items():
            setattr(account, name, value)
        account.opened_as = settings.get("opened_as", account.terms())
        self.book.add(account)
        self._start()
        return account

    # What is asked

    def pay(
        self, amount: int = 100, debtor: str = "anna", creditor: str = "shop",
        risk: Risk | None = ACCEPTED, **fields: Any,
    ) -> Answer:  # fmt: skip
        command = Pay(
            fields.pop("tenant", 1), debtor, creditor, amount, fields.pop("currency", EUR),
            fields.pop("key", None) or self.next_key(), fields.pop("fingerprint", 77),
            fields.pop("trace", TRACE), **fields,
        )  # fmt: skip
        return decide_payment(self.book, self.batch, command, self.now, risk, TIMES, payment_id)

    def act(
        self, payment: bytes | Done, action: PaymentAction, amount: int = 0, **fields: Any
    ) -> Answer:
        """Keys are given to captures and refunds, as gateways do."""
        if isinstance(payment, Done):
            payment = payment.payment
        if "key" not in fields and action in (PaymentAction.CAPTURE, PaymentAction.REFUND):
            fields["key"] = self.next_key()
        fields = {"fingerprint": 78, "trace": OTHER_TRACE, **fields}
        command = Act(fields.pop("tenant", 1), payment, action, amount, **fields)
        return decide_action(self.book, self.batch, command, self.now, TIMES)

    def capture(self, payment: bytes | Done, amount: int = 0, **fields: Any) -> Answer:
        return self.act(payment, PaymentAction.CAPTURE, amount, **fields)

    def refund(self, payment: bytes | Done, amount: int = 0, **fields: Any) -> Answer:
        return self.act(payment, PaymentAction.REFUND, amount, **fields)

    def cancel(self, payment: bytes | Done, **fields: Any) -> Answer:
        return self.act(payment, PaymentAction.CANCEL, **fields)

    def accept(self, payment: bytes | Done, **fields: Any) -> Answer:
        return self.act(payment, PaymentAction.ACCEPT, **fields)

    def reject(self, payment: bytes | Done, **fields: Any) -> Answer:
        return self.act(payment, PaymentAction.REJECT, **fields)

    def expire(self, payment: bytes | Done) -> Answer:
        return self.act(payment, PaymentAction.EXPIRE, tenant=0)

    def fund(self, amount: int, account: str = "anna", **fields: Any) -> Answer:
        command = Fund(
            fields.pop("tenant", 1), account, amount, fields.pop("currency", EUR),
            fields.pop("key", None) or self.next_key(), fields.pop("fingerprint", 79),
            fields.pop("trace", TRACE), **fields,
        )  # fmt: skip
        return decide_fund(self.book, self.batch, command, self.now)

    def open(self, account: str, **fields: Any) -> Answer:
        command = OpenAccount(1, account, fields.pop("currency", EUR), trace=TRACE, **fields)
        return decide_open(self.book, self.batch, command, self.now)

    def change(self, account: str = "anna", **fields: Any) -> Answer:
        command = ChangeAccount(1, account, trace=TRACE, **fields)
        return decide_change(self.book, self.batch, command, self.now)

    def post_legs(
        self, *legs: OpenLeg, answered: dict[int, int] | None = None,
        lacking: tuple[OpenLeg, ...] = (),
    ) -> LegsDone:  # fmt: skip
        """Legs that other partitions opened; `lacking`: told of, and not shown by the ledger."""
        told = (*lacking, *legs)
        command = PostLegs([leg.partition for leg in told], [leg.seq for leg in told])
        legs_shown = self.shown(*legs, answered=answered, index_from=len(lacking))
        return decide_post_legs(self.book, self.batch, command, legs_shown, self.now)

    def shown(
        self, *legs: OpenLeg, answered: dict[int, int] | None = None, index_from: int = 0
    ) -> ShownLegs:
        """As the ledger shows them, five seconds after they occurred."""
        shown = np.zeros(len(legs), LEG)
        for row, leg in enumerate(legs):
            kind = K.REFUND_REQUESTED if leg.refund else K.DEBITED if leg.sole else K.CAPTURED
            shown[row] = (
                row + index_from, kind, leg.leg, leg.tenant, leg.currency, leg.amount,
                leg.creditor, NOON - 5 * SECOND, leg.payment, leg.trace,
            )  # fmt: skip
        return ShownLegs(shown, answered or {})

    def settle_legs(self, *legs: OpenLeg, reasons: list[int] | None = None) -> LegsDone:
        """The counterpart's answers come home."""
        homes, seqs = [leg.partition for leg in legs], [leg.seq for leg in legs]
        command = SettleLegs(homes, seqs, reasons or [0] * len(legs))
        return decide_settle_legs(self.book, self.batch, command, self.now)

    def next_key(self) -> str:
        self.key += 1
        return f"key-{self.key}"

    # What became of it

    def next_batch(self) -> None:
        """What was decided is committed; sequences start from where they are."""
        self.book.committed(self.batch)
        self.journal += self.records()
        self.batch = Batch(self.batch.number + 1)
        self._start()

    def payment(self, done: Answer) -> Payment:
        """Of an answer, as the book has it; if it lacks it, loaded from earlier batches."""
        assert isinstance(done, Done)
        if done.payment not in self.book.payments:
            mine = [r for r in self.journal if r.payment == done.payment and r.kind < K.CREDITED]
            payment = self.book.payments[done.payment] = Payment(mine[0])
            for later in mine[1:]:
                payment.apply(later)
        return self.book.payments[done.payment]

    def held(self, creditor: str = "shop", amount: int = 100, **fields: Any) -> Done:
        """Anna holds an amount for a creditor, in a batch of its own."""
        done = self.pay(amount, creditor=creditor, manual_capture=True, **fields)
        return self._in_its_own_batch(done)

    def reviewed(self, creditor: str = "shop", manual: bool = False, **fields: Any) -> Done:
        """A payment of a hundred waits for a person."""
        done = self.pay(creditor=creditor, manual_capture=manual, risk=REVIEWED, **fields)
        return self._in_its_own_batch(done)

    def paid(self, creditor: str = "shop", **fields: Any) -> Done:
        """A payment of a hundred that has been decided, and is known."""
        return self._in_its_own_batch(self.pay(creditor=creditor, **fields))

    def _in_its_own_batch(self, done: Answer) -> Done:
        assert isinstance(done, Done)
        self.next_batch()
        self.payment(done)
        return done

    def leg(self, done: Answer) -> OpenLeg:
        """The leg that the answer's record opened."""
        assert isinstance(done, Done)
        return self.book.partitions[done.partition].open_legs[done.seq]

    def records(self) -> list[Record]:
        """All that the batch writes, those decided as columns at the end."""
        return [*self.batch.records, *(r for rows in self.batch.rows for r in records_of(rows))]

    def written(self) -> Written:
        """The whole batch."""
        batch = self.batch
        return Written(
            self.records(), batch.started_from, batch.opened, list(batch.changed.values()),
            batch.rows_of(HOLDS), batch.legs_opened, batch.legs_closed, set(batch.accounts),
            set(batch.payments), batch.keys, batch.answered_legs,
        )  # fmt: skip

    def moved(self) -> dict[str, tuple[int, int]]:
        """Changes of posted and held since the batch began, of those accounts that changed."""
        changes = {}
        for account in self.book.accounts.values():
            posted, held = self._began.get(account.number, (0, 0))
            if (account.posted, account.held) != (posted, held):
                changes[name_of(account)] = (account.posted - posted, account.held - held)
        return changes

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """What is refused leaves no trace."""
        before, written = picture(self.book), deepcopy(self.written())
        yield
        assert picture(self.book) == before
        assert self.written() == written

    def _start(self) -> None:
        self._began = {a.number: (a.posted, a.held) for a in self.book.accounts.values()}


def record(kind: RecordKind, **fields: Any) -> Record:
    """The first record of a batch in partition 0, at noon, of an amount of 100 in euros."""
    seq, partition = fields.pop("seq", 101), fields.pop("partition", 0)
    at = fields.pop("at", NOON)
    given = {
        "seq": seq, "credit_seq": seq, "partition": partition, "credit_partition": partition,
        "at": at, "occurred_at": at, "tenant": 1, "currency": EUR, "amount": 100, "trace": TRACE,
    }  # fmt: skip
    return Record(**{**given, "kind": kind, **fields})


def row(account: Account, **fields: Any) -> AccountRow:
    """The directory's row of an account, as it is."""
    is_now = AccountRow(
        account.number, account.tenant, account.id, account.currency, int(account.state),
        account.terms(),
    )  # fmt: skip
    return is_now._replace(**fields)


def far_leg(seq: int = 41, **fields: Any) -> OpenLeg:
    """A leg that partition 2 opened for the shop: a plain payment of 100 euros."""
    given = {
        "payment": seq.to_bytes(14, "big") + bytes((0, 2)), "leg": 0, "partition": 2, "seq": seq,
        "refund": False, "sole": True, "tenant": 1, "currency": EUR, "amount": 100, "debtor": FAR,
        "creditor": SHOP, "trace": OTHER_TRACE,
    }  # fmt: skip
    return OpenLeg(**{**given, **fields})


def name_of(account: Account) -> str:
    """The id; of a system account what it is and its partition."""
    if not is_system_account(account.number):
        return account.id
    kind = {EXTERNAL: "external", TRANSIT_OUT: "out", TRANSIT_IN: "in"}[party_of(account.number)]
    return f"{kind}:{account.partition}"


def records_of(rows: Rows) -> list[Record]:
    """Columns as records."""
    whole = [("V16" if ROW[name].kind == "S" else ROW[name]) for name in NEVER_NULL]
    values = rows.view(list(zip(NEVER_NULL, whole, strict=True))).tolist()
    return [Record(**dict(zip(NEVER_NULL, row, strict=True))) for row in values]


def _image(item: Any, slots: tuple[str, ...]) -> dict[str, Any]:
    """Every slot; maps are copied."""
    values = {name: getattr(item, name) for name in slots}
    return {
        name: value.state if isinstance(value, Windows) else
        dict(value) if isinstance(value, dict) else value
        for name, value in values.items()
    }  # fmt: skip


def picture(book: Book) -> dict[str, Any]:
    """All that a book knows of money, as plain values."""
    look: Callable[..., dict[str, Any]] = _image
    return {
        "partitions": {
            n: (p.epoch, p.seq, p.at, p.last_ordinal, list(p.open_legs.items()))
            for n, p in book.partitions.items()
        },
        "accounts": {n: look(a, Account.__slots__) for n, a in book.accounts.items()},
        "by_id": {key: a.number for key, a in book.by_id.items()},
        "payments": {id: look(p, Payment.__slots__) for id, p in book.payments.items()},
        "open_legs": book.open_legs,
        "coming_back": dict(book.coming_back),
        "closing_legs": set(book.closing_legs),
        "keys": dict(book.keys),
        "answered": dict(book.answered_legs),
    }
