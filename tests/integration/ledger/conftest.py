"""A small coherent ledger, made by a model of its own: it knows what records mean, and nothing of
the code that decides payments. Actor 0 owns the even partitions, actor 1 the odd ones."""

import json
from itertools import count
from typing import Any

import msgspec
import pytest_asyncio

from headrace.runtime.clock import from_us
from headrace.runtime.database.connect import Database, pool
from headrace.runtime.identity import tenants
from headrace.runtime.ids import payment_id
from headrace.runtime.journal.account_numbers import (
    EXTERNAL,
    FIRST_PLACE,
    TRANSIT_IN,
    TRANSIT_OUT,
    account_number,
    is_system_account,
    partition_of_account,
    system_account,
)
from headrace.runtime.journal.kinds import COUNTERPART_KINDS, RecordKind
from headrace.runtime.journal.reasons import DeclineReason
from headrace.runtime.journal.record import COLUMNS, NO_LEG, Record
from headrace.runtime.journal.states import AccountState, PaymentState
from headrace.runtime.keys import master_key
from headrace.runtime.keys.master_key import MasterKey
from headrace.runtime.keys.sealed_text import Where
from headrace.runtime.keys.text_sealer import NewKey, TextSealer
from headrace.runtime.ledger import copy
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
        self._place = [FIRST_PLACE - 1] * partitions
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
        self._place[partition] += 1
        self.numbers[id] = account_number(partition, self._place[partition])
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

    async def write(self) -> None:
        """Brings the ledger up to where the model is."""

        async def source() -> Any:
            yield copy.encode([self._sealed(record) for record in written])

        written = self.records[self._written :]

        async with self.database.acquire() as connection, connection.transaction():
            await connection.copy_to_table(
                "journal", source=source(), columns=COLUMNS, format="binary"
            )
            await connection.executemany(
                "UPDATE leases SET last_seq = $2, last_at = $3, last_place = $4, epoch = $5"
                " WHERE partition = $1",
                [
                    (p, self._seq[p], from_us(self._at[p]), self._place[p], self.epoch)
                    for p in range(self.partitions)
                ],
            )
            await connection.executemany(
                "INSERT INTO subject_keys (subject, generation, wrapped, made_at)"
                " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                [(*key.name, key.wrapped, from_us(key.at)) for key in self.subject_keys],
            )
            await connection.execute("DELETE FROM holds")
            await connection.executemany(
                "INSERT INTO holds VALUES ($1, $2, $3, $4, $5, $6)",
                [
                    (payment.hex(), p, debtor, amount, review, from_us(expires_at))
                    for payment, (p, debtor, amount, review, expires_at) in self._holds.items()
                    if amount
                ],
            )
            await connection.execute("DELETE FROM accounts")
            await connection.executemany(
                "INSERT INTO accounts SELECT $1, $2, j ->> 'id', c.number, $4,"
                " (j ->> 'credit_line')::bigint, (j ->> 'payment_max')::bigint,"
                " (j ->> 'daily_amount_max')::bigint, (j ->> 'daily_count_max')::bigint, $5"
                " FROM (SELECT $3::jsonb AS j) s JOIN currencies c ON c.code = j ->> 'currency'",
                [
                    (
                        self.numbers[id], self.tenant, json.dumps(settings),
                        int(AccountState[settings["state"].upper()]),
                        next(
                            from_us(r.at)
                            for r in self.records
                            if r.kind == K.ACCOUNT_OPENED and r.credit == self.numbers[id]
                        ),
                    )
                    for id, settings in self.settings.items()
                ],
            )  # fmt: skip
        self._written = len(self.records)

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


class Scene:
    """What `play` put in: accounts and payments by what became of them."""

    def __init__(self) -> None:
        self.anna = self.shop = self.kiosk = self.credit = self.limited = ""
        self.yen = self.closed = ""
        self.numbers: dict[str, int] = {}
        self.payments: dict[str, bytes] = {}


def play(books: Books) -> Scene:
    """One of everything that can happen to a payment."""
    scene = Scene()
    scene.anna, scene.shop = books.name(0), books.name(2)
    scene.kiosk, scene.credit = books.name(1), books.name(3, credit_line=5_000)
    anna, shop, kiosk = scene.anna, scene.shop, scene.kiosk
    books.deposit(anna, 1_000_000)
    books.deposit(anna, -1_000)
    details = json.dumps({"description": "Grüße", "metadata": {"a": "1"}}).encode()
    p = scene.payments
    p["settled"] = books.pay(anna, shop, 100, reference="ref-1", details=details, risk_score=42,
                             risk_flags=24, risk_model=3)  # fmt: skip
    p["crossed"] = books.pay(anna, kiosk, 200, reference="ref-1")
    p["debited"] = books.pay(anna, kiosk, 300, stop="debited")
    p["credited"] = books.pay(anna, kiosk, 400, stop="credited")
    p["declined"] = books.decline(anna, kiosk, 2_000_000, risk_score=7)
    p["overdrawn"] = books.pay(scene.credit, kiosk, 5_000)
    p["held"] = books.hold(anna, kiosk, 500)
    p["in_review"] = books.hold(anna, shop, 600, review=True)
    p["accepted"] = books.hold(anna, kiosk, 610, review=True)
    books.capture(p["accepted"], 0, 610, S.SETTLED)
    p["rejected"] = books.hold(anna, shop, 620, review=True)
    books.release(p["rejected"], 620, S.DECLINED, reason=DeclineReason.REVIEW_REJECTED)
    p["cancelled"] = books.hold(anna, shop, 630)
    books.release(p["cancelled"], 630, S.CANCELLED)
    p["captured"] = books.hold(anna, shop, 1_000)
    books.capture(p["captured"], 1, 300, S.PARTIALLY_CAPTURED)
    books.capture(p["captured"], 2, 400, S.SETTLED)
    books.release(p["captured"], 300, S.SETTLED, leg=2)
    p["capturing"] = books.hold(anna, kiosk, 1_100)
    books.capture(p["capturing"], 1, 300, S.PARTIALLY_CAPTURED)
    books.capture(p["capturing"], 2, 500, S.SETTLED, stop="debited")
    books.release(p["capturing"], 300, S.CAPTURED, leg=2)
    p["refunded"] = books.pay(anna, shop, 700)
    books.refund(p["refunded"], 1, 200, (S.SETTLED, S.PARTIALLY_REFUNDED))
    books.refund(p["refunded"], 2, 500, (S.PARTIALLY_REFUNDED, S.REFUNDED))
    p["refunding"] = books.pay(anna, kiosk, 800)
    books.refund(p["refunding"], 1, 100, (S.SETTLED, S.SETTLED), stop="declined")
    books.refund(p["refunding"], 2, 100, (S.SETTLED, S.PARTIALLY_REFUNDED), stop="debited")
    p["part_refunded"] = books.pay(anna, shop, 850)
    books.refund(p["part_refunded"], 1, 50, (S.SETTLED, S.PARTIALLY_REFUNDED))
    p["returned"] = books.pay(anna, kiosk, 900, stop="debited")
    books.bounce(p["returned"], 0, 900, S.RETURNED)
    books.epoch = 2
    p["reviewed_for_capture"] = books.hold(anna, kiosk, 640, review=True, manual=True)
    books.accept(p["reviewed_for_capture"])
    books.capture(p["reviewed_for_capture"], 1, 640, S.SETTLED)
    p["lapsed"] = books.hold(anna, shop, 650)
    books.release(p["lapsed"], 650, S.EXPIRED)
    p["review_lapsed"] = books.hold(anna, shop, 660, review=True, expires_in_s=86_400)
    books.release(p["review_lapsed"], 660, S.EXPIRED, reason=DeclineReason.REVIEW_EXPIRED)
    p["taken_before"] = books.pay(anna, kiosk, 670, occurred_at=START_US - 60 * SECOND_US)
    p["refund_asked"] = books.pay(anna, kiosk, 680)
    books.refund(p["refund_asked"], 1, 30, (S.SETTLED, S.SETTLED), stop="requested")
    books.change(anna, state="frozen", payment_max=10_000)
    scene.limited = books.name(2, payment_max=10_000)
    books.deposit(scene.limited, 10_000)
    p["limited"] = books.pay(scene.limited, shop, 10_000)
    scene.closed = books.name(1)
    books.change(scene.closed, state="closed")
    scene.yen = books.name(0, currency=392)
    books.deposit(scene.yen, 5, currency=392)
    scene.numbers = books.numbers
    return scene


@pytest_asyncio.fixture
async def database(settings):
    async with await pool(settings.ledger) as opened:
        yield opened


@pytest_asyncio.fixture
async def books(database, settings):
    tenant, _ = await tenants.create(database, "acme")
    master = master_key.read(settings.keys.master_key_file)
    return Books(database, tenant.number, settings.cell.partitions, master)


@pytest_asyncio.fixture
async def scene(books):
    made = play(books)
    await books.write()
    return made
