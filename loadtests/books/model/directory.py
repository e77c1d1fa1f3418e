"""A tenant's accounts: opened, changed, closed, and money that comes in and goes out."""

import copy
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from headrace.loadtests.books.model.account import AMOUNT_MAX, BALANCE_MAX, LIMITS, Account
from headrace.loadtests.books.model.currencies import CURRENCIES
from headrace.loadtests.books.model.outcome import Outcome, refused
from headrace.loadtests.books.model.payment import Payment


class Known(Struct, frozen=True):
    """What a key was used for, and the first answer."""

    asked: tuple[Any, ...]
    answer: Mapping[str, Any]
    payment: Payment | None = None


class Directory:
    """The accounts, and what each key was used for."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.keys: dict[str, Known] = {}

    def open(self, asked: Mapping[str, Any]) -> Outcome:
        """POST /v1/accounts."""
        if asked["currency"] not in CURRENCIES:
            return refused("unknown_currency", "currency")
        account = Account(
            asked["id"], asked["currency"], asked.get("credit_line", 0), asked.get("limits") or {}
        )
        known = self.accounts.get(account.id)
        if known is None:

            def opened(body: Mapping[str, Any]) -> None:
                self.accounts[account.id] = account

            return Outcome(status=201, body=account.view(), effect=opened)
        if known.state == "closed" or account.asked_first != known.asked_first:
            return refused("account_exists")
        return Outcome(status=200, body=known.view())

    def change(self, id: str, asked: Mapping[str, Any]) -> Outcome:
        """PATCH /v1/accounts/{account}."""
        account = self._changeable(id)
        if isinstance(account, Outcome):
            return account
        after = copy.copy(account)
        after.limits = dict(account.limits)
        limits = asked.get("limits") or {}
        for name in LIMITS:
            if limits.get(name) is not None:
                after.limits[name] = limits[name]
        if asked.get("credit_line") is not None:
            after.credit_line = asked["credit_line"]

        def changed(body: Mapping[str, Any]) -> None:
            account.limits, account.credit_line = after.limits, after.credit_line

        return Outcome(status=200, body=after.view(), effect=changed)

    def set_state(self, id: str, state: str) -> Outcome:
        """POST /v1/accounts/{account}/freeze, /unfreeze and /close."""
        account = self._changeable(id)
        if isinstance(account, Outcome):
            return account
        if state == "closed" and (account.posted or account.held):
            return refused("balance_not_zero")

        def changed(body: Mapping[str, Any]) -> None:
            account.state = state

        return Outcome(status=200, body={**account.view(), "state": state}, effect=changed)

    def fund(self, id: str, asked: Mapping[str, Any], key: str, *, deposit: bool) -> Outcome:
        """POST /v1/accounts/{account}/deposits and /withdrawals."""
        amount, currency = asked["amount"], asked["currency"]
        if not 1 <= amount <= AMOUNT_MAX:
            return refused("invalid_amount", "amount")
        if currency not in CURRENCIES:
            return refused("unknown_currency", "currency")
        kind = "deposit" if deposit else "withdrawal"
        description = asked.get("description") or None
        wanted = (kind, id, amount, currency, asked.get("reference"), description)
        if key in self.keys:
            return self._again(key, wanted)
        account = self.accounts.get(id)
        if account is None:
            return refused("unknown_account", "account")
        if account.currency != currency:
            return refused("currency_mismatch", "currency")
        if account.state == "closed":
            return refused("account_closed")
        if not deposit and account.state == "frozen":
            return refused("account_frozen")
        if not deposit and account.available < amount:
            return refused("insufficient_funds", "amount")
        change = amount if deposit else -amount
        if account.posted + account.credit_line + change > BALANCE_MAX:
            return refused("amount_too_large", "amount")
        body = {
            "kind": kind, "account": id, "amount": amount, "currency": currency,
            "posted": account.posted + change, "held": account.held, "idempotency_key": key,
            "reference": asked.get("reference"), "description": description,
        }  # fmt: skip

        def funded(told: Mapping[str, Any]) -> None:
            account.enter(None, change, 0)
            self.keys[key] = Known(wanted, body)

        return Outcome(status=201, body=body, effect=funded)

    def _changeable(self, id: str) -> Account | Outcome:
        account = self.accounts.get(id)
        if account is None:
            return refused("unknown_account", "account")
        return refused("account_closed", "account") if account.state == "closed" else account

    def _again(self, key: str, wanted: tuple[Any, ...], status: int = 201) -> Outcome:
        known = self.keys[key]
        if known.asked != wanted:
            return refused("key_reused")
        return Outcome(status=status, body=known.answer, replayed=True)
