"""A tenant's books, kept from the documentation alone: what every request must be answered.

Requests come one after the other, and money that is on its way has arrived before the next.
"""

import copy
from collections.abc import Mapping
from typing import Any

from headrace.loadtests.books.model.account import AMOUNT_MAX, BALANCE_MAX, Account
from headrace.loadtests.books.model.currencies import CURRENCIES
from headrace.loadtests.books.model.directory import Directory, Known
from headrace.loadtests.books.model.outcome import Outcome, refused
from headrace.loadtests.books.model.payment import HELD, REFUNDABLE, Movement, Payment
from headrace.loadtests.books.model.risk import outcome_of


class Books(Directory):
    """What one client did, and so what it must be told."""

    def __init__(self) -> None:
        super().__init__()
        self.payments: list[Payment] = []

    def pay(
        self, asked: Mapping[str, Any], key: str | None, day: str, *, degraded: bool = False
    ) -> Outcome:
        """POST /v1/payments, and each item of a batch. `degraded`: risk did not answer."""
        amount, currency = asked["amount"], asked["currency"]
        debtor_id, creditor_id = asked["debtor"], asked["creditor"]
        if not 1 <= amount <= AMOUNT_MAX:
            return refused("invalid_amount", "amount")
        if currency not in CURRENCIES:
            return refused("unknown_currency", "currency")
        if key is None:
            return refused("idempotency_key_missing")
        if debtor_id == creditor_id:
            return refused("same_account", "creditor")
        manual = asked.get("capture") == "manual"
        wanted = _wanted(asked)
        if key in self.keys:
            return self._again(key, wanted)
        parties = self._parties(debtor_id, creditor_id, currency)
        if isinstance(parties, Outcome):
            return parties
        debtor, creditor = parties
        if creditor.posted + creditor.credit_line + amount > BALANCE_MAX:
            return refused("amount_too_large", "amount")
        risk = outcome_of(amount, degraded=degraded)
        reason = debtor.over_limit(amount, day) or _rejected(risk, degraded)
        if not reason and debtor.available < amount:
            reason = "insufficient_funds"
        payment = Payment(
            debtor=debtor_id, creditor=creditor_id, amount=amount, currency=currency,
            manual=manual, key=key, reference=asked.get("reference"),
            description=asked.get("description") or None, metadata=asked.get("metadata") or None,
            status="declined", decline_reason=reason or None,
            outcome=risk if not reason or reason.startswith("risk") else None,
            degraded=degraded, day=day, expires_in_s=asked.get("expires_in_s"),
        )  # fmt: skip
        if not reason:
            _begin(payment, risk)

        def paid(told: Mapping[str, Any]) -> None:
            payment.id = told["id"]
            self.payments.append(payment)
            self.keys[key] = Known(wanted, {**payment.view(), "id": payment.id}, payment)
            if payment.status != "declined":
                debtor.count(amount, day)
                debtor.enter(payment.id, -payment.captured, payment.held)
            if payment.captured:
                creditor.enter(payment.id, amount, 0)

        return Outcome(status=201, body=payment.view(), effect=paid)

    def capture(self, payment: Payment, asked: Mapping[str, Any], key: str, today: str) -> Outcome:
        """POST /v1/payments/{payment}/captures."""
        amount = asked.get("amount")
        if amount is not None and not 1 <= amount <= AMOUNT_MAX:
            return refused("invalid_amount", "amount")
        wanted = ("capture", payment.id, amount, asked.get("final", True))
        if key in self.keys:
            return self._again(key, wanted)
        if payment.status not in HELD or not payment.held or not payment.manual:
            return refused("wrong_state")
        amount = amount or payment.held
        if amount > payment.held:
            return refused("amount_too_large", "amount")
        debtor, creditor = self._of(payment)
        if creditor.state == "closed":
            return refused("account_closed", "creditor")
        if creditor.posted + creditor.credit_line + amount > BALANCE_MAX:
            return refused("amount_too_large", "amount")
        after = copy.deepcopy(payment)
        rest = payment.held - amount if asked.get("final", True) else 0
        after.held -= amount + rest
        after.captured += amount
        after.status = "partially_captured" if after.held else "settled"
        after.movements.append(Movement(kind="capture", amount=amount, status="settled", key=key))

        def captured(told: Mapping[str, Any]) -> None:
            debtor.enter(payment.id, -amount, -amount)
            creditor.enter(payment.id, amount, 0)
            if rest:
                debtor.enter(payment.id, 0, -rest)
                debtor.give_back(rest, payment.day, False, today)
            self._become(payment, after)
            self.keys[key] = Known(wanted, body, payment)

        body = {"amount": amount, "status": "settled", "payment": after.view()}
        return Outcome(status=201, body=body, effect=captured)

    def refund(self, payment: Payment, asked: Mapping[str, Any], key: str) -> Outcome:
        """POST /v1/payments/{payment}/refunds, waited for."""
        amount = asked.get("amount")
        if amount is not None and not 1 <= amount <= AMOUNT_MAX:
            return refused("invalid_amount", "amount")
        wanted = ("refund", payment.id, amount)
        if key in self.keys:
            return self._again(key, wanted)
        if payment.status not in REFUNDABLE:
            return refused("wrong_state")
        amount = amount or payment.refundable
        if amount > payment.refundable:
            return refused("amount_too_large", "amount")
        debtor, creditor = self._of(payment)
        if debtor.state == "closed":
            return refused("account_closed", "debtor")
        reason = _refund_declined(creditor, amount)
        after = copy.deepcopy(payment)
        status = "declined" if reason else "settled"
        after.movements.append(
            Movement(kind="refund", amount=amount, status=status, key=key, decline_reason=reason)
        )
        if not reason:
            after.refunded += amount
            after.status = "partially_refunded" if after.refundable else "refunded"
        body = {"amount": amount, "status": status, "payment": after.view()}

        def refunded(told: Mapping[str, Any]) -> None:
            if not reason:
                creditor.enter(payment.id, -amount, 0)
                debtor.enter(payment.id, amount, 0)
            self._become(payment, after)
            self.keys[key] = Known(wanted, body, payment)

        return Outcome(status=201, body=body, effect=refunded)

    def cancel(self, payment: Payment, key: str, today: str) -> Outcome:
        """POST /v1/payments/{payment}/cancel."""
        wanted = ("cancel", payment.id)
        if key in self.keys:
            return self._again(key, wanted, status=200)
        if not payment.held:
            return refused("wrong_state")
        status = "settled" if payment.captured else "cancelled"
        return self._keyed(key, wanted, payment, self._release(payment, status, None, today))

    def accept(self, payment: Payment, key: str) -> Outcome:
        """POST /v1/payments/{payment}/accept, waited for."""
        wanted = ("accept", payment.id)
        if key in self.keys:
            return self._again(key, wanted, status=200)
        if payment.status != "in_review":
            return refused("wrong_state")
        after = copy.deepcopy(payment)
        debtor, creditor = self._of(payment)
        if payment.manual:
            after.status = "authorized"
        else:
            if creditor.state == "closed":
                return refused("account_closed", "creditor")
            if creditor.posted + creditor.credit_line + payment.amount > BALANCE_MAX:
                return refused("amount_too_large", "amount")
            after.status, after.captured, after.held = "settled", payment.held, 0

        def accepted(told: Mapping[str, Any]) -> None:
            if not payment.manual:
                debtor.enter(payment.id, -payment.held, -payment.held)
                creditor.enter(payment.id, payment.held, 0)
            self._become(payment, after)

        expected = Outcome(status=200, body=after.view(), effect=accepted)
        return self._keyed(key, wanted, payment, expected)

    def reject(self, payment: Payment, key: str, today: str) -> Outcome:
        """POST /v1/payments/{payment}/reject."""
        wanted = ("reject", payment.id)
        if key in self.keys:
            return self._again(key, wanted, status=200)
        if payment.status != "in_review":
            return refused("wrong_state")
        rejected = self._release(payment, "declined", "review_rejected", today)
        return self._keyed(key, wanted, payment, rejected)

    def expire(self, payment: Payment, today: str) -> Outcome:
        """What becomes of a hold whose time is over, as reading the payment tells it."""
        return self._release(payment, "settled" if payment.captured else "expired", None, today)

    def _parties(
        self, debtor_id: str, creditor_id: str, currency: str
    ) -> tuple[Account, Account] | Outcome:
        debtor, creditor = self.accounts.get(debtor_id), self.accounts.get(creditor_id)
        if debtor is None:
            return refused("unknown_account", "debtor")
        if creditor is None:
            return refused("unknown_account", "creditor")
        if debtor.currency != currency:
            return refused("currency_mismatch", "debtor")
        if creditor.currency != currency:
            return refused("currency_mismatch", "creditor")
        if debtor.state != "open":
            return refused(f"account_{debtor.state}", "debtor")
        if creditor.state == "closed":
            return refused("account_closed", "creditor")
        return debtor, creditor

    def _keyed(
        self, key: str, wanted: tuple[Any, ...], payment: Payment, expected: Outcome
    ) -> Outcome:
        """The same, and its key stands for it."""

        def done(told: Mapping[str, Any]) -> None:
            expected.effect(told)
            self.keys[key] = Known(wanted, expected.body, payment)

        return Outcome(status=expected.status, body=expected.body, effect=done)

    def _of(self, payment: Payment) -> tuple[Account, Account]:
        return self.accounts[payment.debtor], self.accounts[payment.creditor]

    def _release(self, payment: Payment, status: str, reason: str | None, today: str) -> Outcome:
        after = copy.deepcopy(payment)
        after.status, after.held, after.decline_reason = status, 0, reason
        debtor = self.accounts[payment.debtor]

        def released(told: Mapping[str, Any]) -> None:
            debtor.enter(payment.id, 0, -payment.held)
            debtor.give_back(payment.held, payment.day, payment.captured == 0, today)
            self._become(payment, after)

        return Outcome(status=200, body=after.view(), effect=released)

    @staticmethod
    def _become(payment: Payment, after: Payment) -> None:
        for name in Payment.__struct_fields__:
            setattr(payment, name, getattr(after, name))


def _wanted(asked: Mapping[str, Any]) -> tuple[object, ...]:
    """What a key of a payment stands for."""
    return (
        "payment", asked["debtor"], asked["creditor"], asked["amount"], asked["currency"],
        asked.get("capture") == "manual", asked.get("occurred_at"), asked.get("expires_in_s"),
        asked.get("reference"), asked.get("description") or None,
        _sorted(asked.get("metadata") or None),
    )  # fmt: skip


def _rejected(risk: str, degraded: bool) -> str:
    if risk != "reject":
        return ""
    return "risk_unavailable" if degraded else "risk_rejected"


def _begin(payment: Payment, risk: str) -> None:
    """A payment that nothing speaks against."""
    if risk == "review":
        payment.status, payment.held = "in_review", payment.amount
    elif payment.manual:
        payment.status, payment.held = "authorized", payment.amount
    else:
        payment.status, payment.captured = "settled", payment.amount


def _refund_declined(creditor: Account, amount: int) -> str | None:
    if creditor.state == "closed":
        return "creditor_closed"
    if creditor.state == "frozen":
        return "creditor_frozen"
    return "insufficient_funds" if creditor.available < amount else None


def _sorted(metadata: Mapping[str, str] | None) -> tuple[tuple[str, str], ...] | None:
    return None if metadata is None else tuple(sorted(metadata.items()))
