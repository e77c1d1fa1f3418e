"""`--open-missing`: accounts opened before the first batch that needs them.

Each account is sent once a run, as it is first seen; one seen as a creditor is sent again when it
first pays, for its opening deposit. The platform makes that deposit once in the account's life.
"""

import asyncio
from typing import Any

from msgspec import DecodeError, json

from headrace.cluster.cli.amount import exact_minor_units
from headrace.cluster.cli.client import Api, backoff_s, raise_for_problem
from headrace.cluster.cli.failures import Failure, NotAllowed
from headrace.cluster.cli.payfile import answers
from headrace.cluster.cli.payfile.items import PaymentItem
from headrace.cluster.cli.payfile.sending import AGAIN, NDJSON

ACCOUNTS_PER_REQUEST = 1_000

Account = dict[str, Any]


class Opener:
    """Knows which accounts this run has seen; a million of them are about 100 MB."""

    def __init__(self, api: Api, deposit: str) -> None:
        """`deposit` is what a debtor starts with, in major units of its payment's currency."""
        self._api = api
        self._patience = api.patience()
        self._deposit = deposit
        self._deposits: dict[str, int] = {}
        self._debtors: set[str] = set()
        self._creditors: set[str] = set()
        self._opening: set[asyncio.Task[None]] = set()

    def start(self, items: list[PaymentItem | None]) -> list[asyncio.Task[None]]:
        """Starts opening what `items` need; a batch waits for all that is returned."""
        accounts = self.unseen(items)
        for start in range(0, len(accounts), ACCOUNTS_PER_REQUEST):
            part = accounts[start : start + ACCOUNTS_PER_REQUEST]
            task = asyncio.create_task(self._open(part))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)
        return list(self._opening)

    def unseen(self, items: list[PaymentItem | None]) -> list[Account]:
        """The accounts to open for `items`, in the order they appear."""
        debtors, creditors = self._debtors, self._creditors
        found: dict[str, Account] = {}
        for item in items:
            if item is None:
                continue
            if item.debtor not in debtors:
                debtors.add(item.debtor)
                found[item.debtor] = self._account(item.debtor, item.currency, debtor=True)
            if item.creditor not in creditors:
                creditors.add(item.creditor)
                if item.creditor not in debtors:
                    found[item.creditor] = self._account(item.creditor, item.currency, debtor=False)
        return list(found.values())

    def _account(self, id_: str, currency: str, debtor: bool) -> Account:
        account: Account = {"id": id_, "currency": currency}
        if debtor:
            if currency not in self._deposits:
                self._deposits[currency] = exact_minor_units(self._deposit, currency, zero=True)
            if self._deposits[currency]:
                account["opening_deposit"] = self._deposits[currency]
        return account

    async def _open(self, accounts: list[Account]) -> None:
        attempt = 0
        while accounts:
            response = await self._api.send(
                "POST",
                "/v1/account-batches",
                headers=NDJSON,
                content=json.Encoder().encode_lines(accounts),
                patience=self._patience,
            )
            raise_for_problem(response)
            try:
                results = answers.accounts(response.content).results
            except DecodeError as error:
                raise Failure(f"an account batch's answer that isn't one: {error}") from error
            # an account refused otherwise exists differently, or its payments will say why not
            for result in results:
                if result.status in (401, 403):
                    raise NotAllowed("opening deposits need an administrator's key")
            again = [
                account
                for account, result in zip(accounts, results, strict=True)
                if result.status in AGAIN or result.status >= 500
            ]
            if len(again) < len(accounts):
                self._patience.progress()
                attempt = 0
            accounts = again
            if accounts:
                reason = f"{len(accounts):,} accounts could not be opened"
                await asyncio.sleep(self._patience.pause_s(backoff_s(attempt), reason))
                attempt += 1
