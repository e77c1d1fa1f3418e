"""No sequence of operations breaks the rules of money (hypothesis, stateful)."""

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from support.engine_in_memory import EUR, Engine, check_books

from headrace.runtime.journal.account_numbers import partition_of_account
from headrace.runtime.journal.kinds import COUNTERPART_KINDS
from headrace.runtime.journal.states import FINAL_STATES, PaymentState
from headrace.runtime.payments.answer import NO_SUCH_LEG, Done, LegsDone, Refused
from headrace.runtime.payments.command import (
    Act,
    ChangeAccount,
    Command,
    Fund,
    OpenAccount,
    Pay,
    PaymentAction,
    SettleLegs,
)
from headrace.runtime.payments.decide_payment import NOT_SCORED, Risk
from headrace.runtime.payments.open_leg import OpenLeg
from headrace.runtime.payments.payment import Payment
from headrace.runtime.refusals import Refusal

S = PaymentState
ACCOUNTS = [f"account-{i}" for i in range(6)]
accounts = st.sampled_from(ACCOUNTS)
amounts = st.sampled_from((1, 50, 100, 250, 400))
REVIEWED = Risk(1, 700, 2, 1)
REJECTED = Risk(2, 950, 4, 1)


class Payments(RuleBasedStateMachine):
    """The model: who has how much, told only by what was asked and answered."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = Engine()
        self.has: Counter[str] = Counter()
        """Posted balances; money in flight is in `flying`."""
        self.held: Counter[str] = Counter()
        self.flying = 0
        self.deposited = 0
        self.key = 0
        self.payments: dict[bytes, Pay] = {}
        self.sent: list[tuple[Pay, Done]] = []
        self.asked_back: Counter[bytes] = Counter()
        """Of each payment: refunded or under way."""
        for account in ACCOUNTS:
            self.run(OpenAccount(1, account, EUR))
            self.deposit(account, 500, False)

    def run(self, command: Command, risk: Risk = NOT_SCORED, abort: bool = False):  # type: ignore[no-untyped-def]  # an answer of any kind
        """Decides one batch of one command, perhaps rolled back once before it is committed."""
        book = self.engine.book_for(command)
        if abort:
            batch = self.engine.batch()
            self.engine.decide(batch, command, risk)
            self.engine.roll_back(batch, book)
        batch = self.engine.batch()
        answer = self.engine.decide(batch, command, risk)
        self.engine.commit(batch)
        return answer

    def next_key(self) -> str:
        self.key += 1
        return f"key-{self.key}"

    @rule(account=accounts, amount=amounts, abort=st.booleans())
    def deposit(self, account: str, amount: int, abort: bool) -> None:
        answer = self.run(Fund(1, account, amount, EUR, self.next_key(), 1), abort=abort)
        assert isinstance(answer, Done)
        self.has[account] += amount
        self.deposited += amount
        assert answer.amount == self.has[account]

    @rule(account=accounts, amount=amounts)
    def withdraw(self, account: str, amount: int) -> None:
        answer = self.run(Fund(1, account, -amount, EUR, self.next_key(), 1))
        if self.has[account] - self.held[account] >= amount:
            assert isinstance(answer, Done)
            self.has[account] -= amount
            self.deposited -= amount
        else:
            assert answer == Refused(Refusal.INSUFFICIENT_FUNDS, "amount")

    @rule(
        debtor=accounts, creditor=accounts, amount=amounts, manual=st.booleans(),
        risk=st.sampled_from([NOT_SCORED, NOT_SCORED, REVIEWED, REJECTED]), abort=st.booleans(),
    )  # fmt: skip
    def pay(
        self, debtor: str, creditor: str, amount: int, manual: bool, risk: Risk, abort: bool
    ) -> None:
        if debtor == creditor:
            return
        command = Pay(1, debtor, creditor, amount, EUR, self.next_key(), 7, manual_capture=manual)
        answer = self.run(command, risk, abort)
        assert isinstance(answer, Done)
        self.payments[answer.payment] = command
        self.sent.append((command, answer))
        affordable = self.has[debtor] - self.held[debtor] >= amount
        if risk is REJECTED or not affordable:
            assert answer.state == PaymentState.DECLINED
            return
        if risk is REVIEWED or manual:
            assert answer.state == (
                PaymentState.IN_REVIEW if risk is REVIEWED else PaymentState.AUTHORIZED
            )
            self.held[debtor] += amount
            return
        self.has[debtor] -= amount
        if answer.state == PaymentState.SETTLED:
            self.has[creditor] += amount
        else:
            assert answer.state == PaymentState.AUTHORIZED
            self.flying += amount

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        """Known keys are answered as before while they are remembered; reuse is refused."""
        command, first = data.draw(st.sampled_from(self.sent[-3:]))
        book = self.engine.book_for(command)
        if (1, command.key) in book.keys:
            answer = self.run(command)
            assert answer == Done(*_fields(first)[:-1], True)
            other = Pay(1, command.debtor, command.creditor, 1, EUR, command.key, 8)
            assert self.run(other) == Refused(Refusal.KEY_REUSED)

    @precondition(lambda self: self.payments)
    @rule(
        data=st.data(), action=st.sampled_from([a for a in PaymentAction if a != 6]),
        amount=st.sampled_from((0, 1, 50, 100, 250)), final=st.booleans(), abort=st.booleans(),
    )  # fmt: skip
    def act(
        self, data: st.DataObject, action: PaymentAction, amount: int, final: bool, abort: bool
    ) -> None:
        payment = data.draw(st.sampled_from(sorted(self.payments)))
        key = self.next_key() if action <= 2 else None
        command = Act(1, payment, action, amount, final, key, 9)
        before = self.of(payment)
        held = before.held
        answer = self.run(command, abort=abort)
        after = self.of(payment)
        pay = self.payments[payment]
        if isinstance(answer, Refused):
            assert (before.held, before.captured, before.state) == (
                after.held, after.captured, after.state,
            )  # fmt: skip
            return
        self.held[pay.debtor] -= held - after.held
        if action is PaymentAction.REFUND:
            self.asked_back[payment] += answer.amount
        if action in (PaymentAction.CAPTURE, PaymentAction.ACCEPT):
            moved = after.captured - before.captured
            self.has[pay.debtor] -= moved
            if after.in_transit.keys() == before.in_transit.keys():
                self.has[pay.creditor] += moved
            else:
                self.flying += moved
        assert after.refundable >= 0
        assert after.held >= 0

    def left_to_refund(self) -> dict[bytes, int]:
        """Of payments that were made in one go and have arrived."""
        left = {}
        for payment, pay in self.payments.items():
            told = self.of(payment)
            whole = not pay.manual_capture and told.captured == pay.amount
            if whole and told.state in (S.SETTLED, S.PARTIALLY_REFUNDED, S.REFUNDED):
                left[payment] = pay.amount - self.asked_back[payment]
        return left

    @precondition(lambda self: self.left_to_refund())
    @rule(data=st.data(), parts=st.integers(1, 3))
    def refund(self, data: st.DataObject, parts: int) -> None:
        """No more comes back than was paid, whatever else is on its way back."""
        left = self.left_to_refund()
        payment = data.draw(st.sampled_from(sorted(left)))
        amount = left[payment] // parts
        if amount:
            answer = self.run(Act(1, payment, PaymentAction.REFUND, amount, True, self.next_key()))
            assert isinstance(answer, Done)
            self.asked_back[payment] += amount
        too_much = left[payment] - amount + 1
        over = self.run(Act(1, payment, PaymentAction.REFUND, too_much, True, self.next_key()))
        assert isinstance(over, Refused)

    @rule(debtor=accounts, creditor=accounts)
    def hold_all(self, debtor: str, creditor: str) -> None:
        """Held money is there and can't be spent, not for a refund either."""
        available = self.has[debtor] - self.held[debtor]
        if debtor != creditor and available:
            self.pay(debtor, creditor, available, True, NOT_SCORED, False)

    @rule()
    def expire(self) -> None:
        """Long after: the clock asks about every payment."""
        self.engine.now += 2_000_000_000
        for payment, pay in self.payments.items():
            held = self.of(payment).held
            answer = self.run(Act(0, payment, PaymentAction.EXPIRE))
            assert isinstance(answer, Done) == bool(held)
            self.held[pay.debtor] -= held
            assert self.of(payment).held == 0

    @precondition(lambda self: self.engine.open_legs())
    @rule(data=st.data(), others=st.booleans(), twice=st.booleans(), abort=st.booleans())
    def legs_travel(self, data: st.DataObject, others: bool, twice: bool, abort: bool) -> None:
        """One, or all from one actor to another, in one batch and in an order of their own."""
        engine, waiting = self.engine, self.engine.open_legs()
        first = data.draw(st.sampled_from(waiting))
        there, home = (
            engine.book_of(partition_of_account(first.creditor)),
            engine.book_of(first.partition),
        )
        same_way = [
            leg
            for leg in waiting
            if engine.book_of(partition_of_account(leg.creditor)) is there
            and engine.book_of(leg.partition) is home
        ]
        legs = data.draw(st.permutations(same_way)) if others else [first]
        if abort:
            batch = engine.batch()
            engine.post_legs(batch, *legs)
            engine.roll_back(batch, there)
        batch = engine.batch()
        reasons = engine.post_legs(batch, *legs).reasons
        if twice:
            records = len(batch)
            assert engine.post_legs(batch, *legs).reasons == reasons
            assert len(batch) == records
        engine.commit(batch)
        homes, seqs = [leg.partition for leg in legs], [leg.seq for leg in legs]
        if abort:
            batch = engine.batch()
            engine.decide(batch, SettleLegs(homes, seqs, reasons))
            engine.roll_back(batch, home)
        arrived = self.run(SettleLegs(homes, seqs, reasons))
        assert arrived == LegsDone([0] * len(legs))
        again = self.run(SettleLegs(homes, seqs, [0] * len(legs)))
        assert again == LegsDone([NO_SUCH_LEG] * len(legs))
        for leg, reason in zip(legs, reasons, strict=True):
            self._has_arrived(leg, reason)

    def _has_arrived(self, leg: OpenLeg, reason: int) -> None:
        pay, told = self.payments[leg.payment], self.of(leg.payment)
        assert leg.leg not in (told.refunding if leg.refund else told.in_transit)
        if leg.refund:
            affordable = self.has[pay.creditor] - self.held[pay.creditor] >= leg.amount
            assert affordable == (reason == 0)
            if not affordable:
                self.asked_back[leg.payment] -= leg.amount
            else:
                self.has[pay.creditor] -= leg.amount
                self.has[pay.debtor] += leg.amount
        else:
            self.flying -= leg.amount
            self.has[pay.debtor if reason else pay.creditor] += leg.amount

    @rule(account=accounts)
    def close_and_refuse(self, account: str) -> None:
        """An account with money, holds or money on its way can't be closed."""
        if self.has[account] or self.held[account]:
            answer = self.run(ChangeAccount(1, account, close=True))
            assert answer == Refused(Refusal.BALANCE_NOT_ZERO, "account")

    @invariant()
    def books_are_coherent(self) -> None:
        check_books(self.engine)

    @invariant()
    def balances_are_the_models(self) -> None:
        for number, account in self.engine.accounts.items():
            expected = (self.has[account.id], self.held[account.id])
            assert self.engine.balance(number) == expected, account.id
        assert sum(self.has.values()) + self.flying == self.deposited

    def of(self, payment: bytes):  # type: ignore[no-untyped-def]  # rows of any kind
        """The payment as its records tell."""
        mine = [
            r
            for r in self.engine.journal
            if r.payment == payment and r.kind not in COUNTERPART_KINDS
        ]
        folded = Payment(mine[0])
        for record in mine[1:]:
            folded.apply(record)
        if folded.state in FINAL_STATES:
            assert not folded.held
            assert not folded.in_transit
        return folded


def _fields(done: Done) -> tuple[object, ...]:
    return tuple(getattr(done, name) for name in done.__struct_fields__)


TestPayments = Payments.TestCase
TestPayments.settings = settings(max_examples=300, stateful_step_count=60, deadline=None)
