"""A small coherent ledger, made by a model of its own: it knows what records mean, and nothing of
the code that decides payments. Actor 0 owns the even partitions, actor 1 the odd ones."""

import json
from itertools import count
from typing import Any

import msgspec

from headrace.runtime.database.connect import Database
from headrace.runtime.ids import payment_id
from headrace.runtime.journal.account_numbers import (
    EXTERNAL,
    FIRST_ORDINAL,
    TRANSIT_IN,
    TRANSIT_OUT,
    account_number,
    is_system_account,
    partition_of_account,
    system_account,
)
from headrace.runtime.journal.kinds import COUNTERPART_KINDS, RecordKind
from headrace.runtime.journal.reasons import DeclineReason
from headrace.runtime.journal.record import NO_LEG, Record
from headrace.runtime.journal.states import PaymentState
from headrace.runtime.keys.master_key import MasterKey
from headrace.runtime.keys.sealed_text import Where
from headrace.runtime.keys.text_sealer import NewKey, TextSealer
from headrace.runtime.money import currency_code
from headrace.runtime.partitioning import partition_of
from headrace.runtime.payments import fingerprint
from headrace.runtime.payments.command import PaymentAction
from headrace.runtime.payments.personal_text import SETTINGS_KINDS

S, K = PaymentState, RecordKind
EUR = 978
START_US = 1_750_000_000_000_000
SECOND_US = 1_000_000


class Books:
    """Makes records one by one, a second apart, and `write`s those not written yet."""

    def __init__(self, database: Database, tenant: int, partitions: int, master: MasterKey) -> None:
        self.master = master
        self.texts = TextSealer(master, 1_000, 1e9)
        self.subject_keys: list[NewKey] = []
        self.database = database
        self.tenant = tenant
        self.partitions = partitions
        self.now = START_US
        self.epoch = 1
        self.records: list[Record] = []
        self.settings: dict[str, dict[str, Any]] = {}
        self.numbers: dict[str, int] = {}
        self._written = 0
        self._seq = [0] * partitions
        self._at = [0] * partitions
        self._last_ordinal = [FIRST_ORDINAL - 1] * partitions
        self._balance: dict[int, list[int]] = {}
        self._holds: dict[bytes, list[Any]] = {}
        self._first: dict[bytes, Record] = {}
        self._keys = count(1)
        self._tried = [count(1) for _ in range(partitions)]
        """Names by partition: each is tried once."""

    def name(self, partition: int, currency: int = EUR, **settings: int) -> str:
        """Opens an account that lives in a partition."""
        names = (f"account-{partition}-{n}" for n in self._tried[partition])
        id = next(n for n in names if partition_of(self.tenant, n, self.partitions) == partition)
        self._last_ordinal[partition] += 1
        self.numbers[id] = account_number(partition, self._last_ordinal[partition])
        limits = dict.fromkeys(("payment_max", "daily_amount_max", "daily_count_max"), 0)
        self.settings[id] = {
            "id": id, "currency": currency_code(currency), "state": "open", "credit_line": 0,
            **limits, **settings,
        }  # fmt: skip
        self._settings_record(K.ACCOUNT_OPENED, id, currency)
        return id

    def change(self, id: str, **settings: Any) -> Record:
        """Changes an account's settings."""
        self.settings[id].update(settings)
        kind = K.ACCOUNT_CLOSED if settings.get("state") == "closed" else K.ACCOUNT_CHANGED
        return self._settings_record(kind, id, EUR)

    def deposit(self, id: str, amount: int, currency: int = EUR) -> Record:
        """Money comes from outside; a negative amount leaves."""
        account = self.numbers[id]
        external = system_account(partition_of_account(account), currency, EXTERNAL)
        kind, debit, credit = K.DEPOSITED, external, account
        if amount < 0:
            kind, debit, credit = K.WITHDRAWN, account, external
        return self.add(
            kind, debit=debit, credit=credit, amount=abs(amount), currency=currency,
            key=self.key(), fingerprint=fingerprint.fund(id, amount, currency, None, None),
        )  # fmt: skip

    def pay(self, debtor: str, creditor: str, amount: int, stop: str = "", **first: Any) -> bytes:
        """A real-time payment; `stop` "debited" or "credited" leaves a crossing one under way."""
        if self._one_actor(debtor, creditor):
            kind, state, credit = K.SETTLED, S.SETTLED, self.numbers[creditor]
        else:
            kind, state, credit = K.DEBITED, S.AUTHORIZED, self._transit_out(debtor)
        payment = self._first_record(
            debtor, creditor, amount, kind=kind, state=state, credit=credit, **first
        )
        if kind is K.DEBITED and stop != "debited":
            self.arrive(payment, 0, amount, S.SETTLED, stop)
        return payment

    def decline(self, debtor: str, creditor: str, amount: int, **first: Any) -> bytes:
        """A payment that moves nothing."""
        reason = int(DeclineReason.INSUFFICIENT_FUNDS)
        return self._first_record(
            debtor, creditor, amount, kind=K.DECLINED, state=S.DECLINED, reason=reason, **first
        )

    def hold(
        self, debtor: str, creditor: str, amount: int, review: bool = False, manual: bool = False,
        **first: Any,
    ) -> bytes:  # fmt: skip
        """Funds held for captures, or a payment held for review."""
        kind, state, leg = K.HELD, S.AUTHORIZED, NO_LEG
        if review:
            kind, state, leg = K.HELD_FOR_REVIEW, S.IN_REVIEW, NO_LEG if manual else 0
        expires_at = self.now + 3600 * SECOND_US
        payment = self._first_record(
            debtor, creditor, amount, kind=kind, state=state, leg=leg, expires_at=expires_at,
            **first,
        )  # fmt: skip
        first_record = self._first[payment]
        self._holds[payment] = [
            first_record.partition, first_record.debit, amount, review, expires_at,
        ]  # fmt: skip
        return payment

    def capture(
        self, payment: bytes, leg: int, amount: int, state: PaymentState, *, stop: str = ""
    ) -> Record:
        """A part of the held amount goes to the creditor; `state` is that after it arrived."""
        first = self._first[payment]
        credit = first.creditor
        crossing = self._actor(first.debit) != self._actor(credit)
        if crossing:
            credit = system_account(first.partition, first.currency, TRANSIT_OUT)
        on_its_way = S.CAPTURED if state is S.SETTLED and crossing else state
        record = self.at_home(
            payment, K.CAPTURED, on_its_way, leg, amount, debit=first.debit, credit=credit,
            key=self.key(), fingerprint=fingerprint.capture(payment, amount, False) if leg
            else fingerprint.decision(PaymentAction.ACCEPT, payment),
        )  # fmt: skip
        self._lessen_hold(payment, amount)
        if crossing and stop != "debited":
            self.arrive(payment, leg, amount, state, stop)
        return record

    def release(
        self, payment: bytes, amount: int, state: PaymentState, *, leg: int = 0, reason: int = 0
    ) -> Record:
        """Held money is given back: asked for, by the clock, or as a final capture's rest."""
        self._lessen_hold(payment, amount)
        asked: dict[str, Any] = {}
        if state is not S.EXPIRED and not leg:
            action = PaymentAction.REJECT if state is S.DECLINED else PaymentAction.CANCEL
            asked = {"key": self.key(), "fingerprint": fingerprint.decision(action, payment)}
        return self.at_home(
            payment, K.RELEASED, state, leg, amount, debit=self._first[payment].debit,
            reason=reason, **asked,
        )  # fmt: skip

    def accept(self, payment: bytes) -> Record:
        """A reviewed payment stays held for captures."""
        hold = self._holds[payment]
        hold[3], hold[4] = False, self.now + 7200 * SECOND_US
        return self.at_home(
            payment, K.ACCEPTED, S.AUTHORIZED, 0, hold[2], expires_at=hold[4], key=self.key(),
            fingerprint=fingerprint.decision(PaymentAction.ACCEPT, payment),
        )  # fmt: skip

    def arrive(
        self, payment: bytes, leg: int, amount: int, state: PaymentState, stop: str = ""
    ) -> None:
        """The counterpart credits a leg, and home learns of it unless stopped."""
        creditor = self._first[payment].creditor
        self._counterpart(
            payment, K.CREDITED, leg, amount, debit=self._transit(creditor, TRANSIT_IN),
            credit=creditor,
        )  # fmt: skip
        if not stop:
            self.at_home(payment, K.COMPLETED, state, leg, amount)

    def bounce(self, payment: bytes, leg: int, amount: int, state: PaymentState) -> None:
        """The counterpart refuses a leg, and home takes the money back."""
        reason = int(DeclineReason.CREDITOR_CLOSED)
        first = self._first[payment]
        self._counterpart(payment, K.LEG_REFUSED, leg, amount, reason=reason)
        self.at_home(
            payment, K.RETURNED, state, leg, amount, debit=self._transit(first.debit, TRANSIT_OUT),
            credit=first.debit, reason=reason,
        )  # fmt: skip

    def refund(
        self, payment: bytes, leg: int, amount: int, states: tuple[PaymentState, PaymentState],
        *, stop: str = "",
    ) -> Record:  # fmt: skip
        """Part of what arrived goes back; `states` before and after it."""
        first = self._first[payment]
        before, after = states
        asked = self.at_home(
            payment, K.REFUND_REQUESTED, before, leg, amount, key=self.key(),
            fingerprint=fingerprint.refund(payment, amount),
        )  # fmt: skip
        if stop == "requested":
            return asked
        if stop == "declined":
            reason = int(DeclineReason.INSUFFICIENT_FUNDS)
            self._counterpart(payment, K.LEG_REFUSED, leg, amount, reason=reason)
            self.at_home(payment, K.REFUND_DECLINED, before, leg, amount, reason=reason)
            return asked
        self._counterpart(
            payment, K.REFUND_DEBITED, leg, amount, debit=first.creditor,
            credit=self._transit(first.creditor, TRANSIT_OUT),
        )  # fmt: skip
        if stop != "debited":
            self.at_home(
                payment, K.REFUNDED, after, leg, amount,
                debit=self._transit(first.debit, TRANSIT_IN), credit=first.debit,
            )  # fmt: skip
        return asked

    def at_home(
        self, payment: bytes, kind: RecordKind, state: PaymentState, leg: int, amount: int,
        **fields: Any,
    ) -> Record:  # fmt: skip
        """A later record of a payment."""
        first = self._first[payment]
        return self.add(
            kind, partition=first.partition, payment=payment, state=state, leg=leg, amount=amount,
            creditor=first.creditor, **fields,
        )  # fmt: skip

    def add(self, kind: RecordKind, *, partition: int | None = None, **fields: Any) -> Record:
        """Any record: gives it sequences, time and the balances after it."""
        fields.setdefault("currency", EUR)
        fields.setdefault("occurred_at", self._occurred_at(kind, fields))
        debit, credit, amount = fields.get("debit", 0), fields.get("credit", 0), fields["amount"]
        home = partition_of_account(debit or credit) if partition is None else partition
        counter = partition_of_account(credit) if credit else home
        seq = self._next(home)
        record = Record(
            seq=seq, partition=home, credit_partition=counter,
            credit_seq=seq if counter == home else self._next(counter), kind=kind, at=self.now,
            tenant=self.tenant, epoch=self.epoch, **fields,
        )  # fmt: skip
        posts = kind not in (K.DECLINED, K.HELD, K.HELD_FOR_REVIEW, K.RELEASED)
        if debit:
            balance = self._balance.setdefault(debit, [0, 0])
            balance[0] -= amount if posts else 0
            if kind in (K.HELD, K.HELD_FOR_REVIEW):
                balance[1] += amount
            if kind in (K.RELEASED, K.CAPTURED):
                balance[1] -= amount
            record.debit_posted, record.debit_held = _kept(debit, balance)
        if credit:
            balance = self._balance.setdefault(credit, [0, 0])
            balance[0] += amount
            record.credit_posted, record.credit_held = _kept(credit, balance)
        self.records.append(record)
        self.now += SECOND_US
        return record

    def _occurred_at(self, kind: RecordKind, fields: dict[str, Any]) -> int:
        """The counterpart repeats when it occurred at home; everything else occurs now."""
        if kind not in COUNTERPART_KINDS:
            return self.now
        payment, leg = fields["payment"], fields.get("leg", 0)
        opened = (K.DEBITED, K.CAPTURED, K.REFUND_REQUESTED)
        return next(
            r.occurred_at
            for r in reversed(self.records)
            if (r.payment, r.leg) == (payment, leg) and r.kind in opened
        )

    def _sealed(self, record: Record) -> Record:
        """As it is written: its payment's debtor's text sealed."""
        if record.details is None or record.kind in SETTINGS_KINDS:
            return record
        where = Where(record.partition, record.seq, record.payment)
        sealed = self.texts.seal(
            record.debit, where, record.details, record.at, self.subject_keys, new=True
        )
        return msgspec.structs.replace(record, details=sealed)

    def key(self) -> str:
        """A new idempotency key."""
        return f"key-{next(self._keys)}"

    def unwritten(self) -> list[Record]:
        """Records since it was last asked, with their texts sealed."""
        found = self.records[self._written :]
        self._written = len(self.records)
        return [self._sealed(record) for record in found]

    def leases(self) -> list[tuple[int, int, int, int]]:
        """Partition, sequence, time and last ordinal of its newest."""
        return list(zip(count(), self._seq, self._at, self._last_ordinal, strict=False))

    def holds(self) -> list[tuple[bytes, int, int, int, bool, int]]:
        """Payment, partition, debtor, amount, whether for review, and end, of those open."""
        return [(payment, *row) for payment, row in self._holds.items() if row[2]]

    def _first_record(
        self, debtor: str, creditor: str, amount: int, *, kind: RecordKind, **fields: Any
    ) -> bytes:
        debit = self.numbers[debtor]
        home = partition_of_account(debit)
        payment = payment_id(self.now, home)
        asked = fingerprint.payment(
            debtor, creditor, amount, EUR, fields.get("leg") == NO_LEG,
            fields.get("occurred_at", 0), fields.pop("expires_in_s", 0), fields.get("reference"),
            self.master.digest.of(fields.get("details")),
        )  # fmt: skip
        fields = {"key": self.key(), "fingerprint": asked, **fields}
        self._first[payment] = self.add(
            kind, partition=home, payment=payment, debit=debit, amount=amount,
            creditor=self.numbers[creditor], **fields,
        )  # fmt: skip
        return payment

    def _counterpart(
        self, payment: bytes, kind: RecordKind, leg: int, amount: int, **fields: Any
    ) -> Record:
        creditor = self._first[payment].creditor
        return self.add(
            kind, partition=partition_of_account(creditor), payment=payment, leg=leg,
            amount=amount, creditor=creditor, **fields,
        )  # fmt: skip

    def _settings_record(self, kind: RecordKind, id: str, currency: int) -> Record:
        return self.add(
            kind, credit=self.numbers[id], amount=0, currency=currency,
            details=json.dumps(self.settings[id]).encode(),
        )  # fmt: skip

    def _next(self, partition: int) -> int:
        self._seq[partition] += 1
        self._at[partition] = self.now
        return self._seq[partition]

    def _lessen_hold(self, payment: bytes, amount: int) -> None:
        self._holds[payment][2] -= amount
        self._holds[payment][3] = False

    def _transit(self, account: int, kind: int) -> int:
        return system_account(partition_of_account(account), EUR, kind)

    def _transit_out(self, id: str) -> int:
        return self._transit(self.numbers[id], TRANSIT_OUT)

    def _actor(self, account: int) -> int:
        return partition_of_account(account) % 2

    def _one_actor(self, one: str, other: str) -> bool:
        return self._actor(self.numbers[one]) == self._actor(self.numbers[other])


def _kept(account: int, balance: list[int]) -> tuple[int, int]:
    """Balances as they are stored: those of system accounts modulo 2^64."""
    posted, held = balance
    if is_system_account(account):
        posted = (posted + 2**63) % 2**64 - 2**63
    return posted, held
