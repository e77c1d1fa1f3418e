"""Lists of payments had no filter for an account on either side, for metadata, for amounts.

| door | what is asked | before |
|---|---|---|
| HTTP | `account=` | 422, unknown field |
| HTTP | `metadata=order=2041` | 422, unknown field |
| HTTP | `amount=`, `amount_from=`, `amount_to=` | 422, unknown field |
| HTTP | several of them, with the filters that there were, page by page | as above |
| CLI | `payment list --account --metadata --amount --amount-from --amount-to` | no such option |
| database | pairs of metadata | sealed, and no trace of them: clean, and stays so |
| HTTP | by metadata of a subject forgotten, of another tenant | not found: has to be |
"""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from integration.gateway.conftest import House, listening, running

from headrace.runtime.keys import subject_keys
from headrace.runtime.settings import Settings

ACCOUNTS = ("ann", "ben", "cy", "dee")
PAID: dict[str, dict[str, Any]] = {
    "first": {"debtor": "ann", "creditor": "ben", "amount": 100, "metadata": {"order": "1"}},
    "second": {"debtor": "ben", "creditor": "ann", "amount": 200,
               "metadata": {"order": "2", "channel": "web"}},
    "third": {"debtor": "cy", "creditor": "dee", "amount": 200, "metadata": {"channel": "web"}},
    "held": {"debtor": "cy", "creditor": "ann", "amount": 300, "capture": "manual",
             "description": "channel=web"},
    "declined": {"debtor": "dee", "creditor": "ann", "amount": 10**12,
                 "metadata": {"channel": "web"}, "reference": "r"},
    "odd": {"debtor": "dee", "creditor": "cy", "amount": 1, "metadata": {"a": "b=c", "ü": ""}},
    "same": {"debtor": "dee", "creditor": "cy", "amount": 1,
             "metadata": {"a=b": "c", "a": "b=c"}},
    "plain": {"debtor": "cy", "creditor": "dee", "amount": 5},
}  # fmt: skip
FOUND: list[tuple[dict[str, Any], str]] = [
    ({"account": "ann"}, "first second held declined"),
    ({"account": "ann", "status": "settled"}, "first second"),
    ({"account": "ann", "status": "declined"}, "declined"),
    ({"account": "ann", "debtor": "ben"}, "second"),
    ({"account": "ann", "creditor": "ann"}, "second held declined"),
    ({"account": "ann", "debtor": "cy", "creditor": "dee"}, ""),
    ({"account": "nobody"}, ""),
    ({"metadata": "order=1"}, "first"),
    ({"metadata": "channel=web"}, "second third declined"),
    ({"metadata": "channel=web", "account": "ann"}, "second declined"),
    ({"metadata": "channel=web", "debtor": "cy"}, "third"),
    ({"metadata": "channel=web", "reference": "r"}, "declined"),
    ({"metadata": "channel=web", "status": "settled", "creditor": "dee"}, "third"),
    ({"metadata": "channel=we"}, ""),
    ({"metadata": "Channel=web"}, ""),
    ({"metadata": "a=b=c"}, "odd same"),
    ({"metadata": "ü="}, "odd"),
    ({"amount": 200}, "second third"),
    ({"amount": 200, "account": "ann"}, "second"),
    ({"amount_from": 200}, "second third held declined"),
    ({"amount_from": 200, "amount_to": 300}, "second third held"),
    ({"amount_to": 5}, "odd same plain"),
    ({"amount": 200, "amount_from": 201}, ""),
    ({"amount_from": 300, "amount_to": 200}, ""),
    ({"amount": 200, "currency": "EUR"}, "second third"),
    ({"amount": 200, "currency": "JPY"}, ""),
]
REFUSED = [
    ("metadata", "order"), ("metadata", "=1"), ("metadata", ""), ("amount", "0"),
    ("amount", "1.0"), ("amount_from", "-1"), ("amount_to", "a"), ("account", " "),
    ("currency", "eur"), ("currency", "XXX"),
]  # fmt: skip


class Payments:
    """All of PAID, by their names."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.names: dict[str, str] = {}

    async def make(self) -> None:
        await self.house.open(*ACCOUNTS)
        for name, asked in PAID.items():
            answer = await self.house.client().post(
                "/v1/payments", json={"currency": "EUR", **asked},
                headers={"Idempotency-Key": name, "Prefer": "wait=20"},
            )  # fmt: skip
            assert answer.status_code == 201, answer.text
            self.names[answer.json()["id"]] = name

    async def found(self, who: str = "member", **query: Any) -> set[str]:
        """Page by page."""
        names: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            answer = await self.house.client(who).get(
                "/v1/payments", params={"limit": 2, **query, **cursor}
            )
            assert answer.status_code == 200, answer.text
            page = answer.json()
            names += [self.names[item["id"]] for item in page["items"]]
            if page["next_cursor"] is None:
                assert len(names) == len(set(names))
                return set(names)
            cursor = {"cursor": page["next_cursor"]}


@pytest_asyncio.fixture
async def payments(settings: Settings) -> AsyncIterator[Payments]:
    async with running(settings) as house:
        made = Payments(house)
        await made.make()
        yield made


async def test_payments_are_found_by_account_metadata_and_amount(payments: Payments) -> None:
    wrong = {
        str(query): found
        for query, names in FOUND
        if (found := await payments.found(**query)) != set(names.split())
    }
    assert wrong == {}
    assert await payments.found("stranger", metadata="channel=web") == set()
    for field, value in REFUSED:
        answer = await payments.house.client().get("/v1/payments", params={field: value})
        told = answer.json()
        assert (answer.status_code, told["errors"][0]["field"]) == (422, field), (field, value)
        assert told["errors"][0]["reason"]


async def _listed(url: str, key: str, options: str) -> tuple[int | None, Any, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "headrace.cluster.cli", "payment", "list", "--json",
        *options.split(), stdout=PIPE, stderr=PIPE,
        env=os.environ | {"HEADRACE_URL": url, "HEADRACE_API_KEY": key},
    )  # fmt: skip
    out, error = await process.communicate()
    return process.returncode, json.loads(out.splitlines()[-1]), error.decode()


async def test_and_so_at_the_command_line(payments: Payments) -> None:
    key = payments.house.tokens["member"]
    async with listening(payments.house) as url:
        for options, names in (
            ("--account ann --amount-from 2.00 --amount-to 3.00 --currency EUR", "second held"),
            ("--metadata channel=web --account ann", "second declined"),
        ):
            code, told, _ = await _listed(url, key, options)
            found = {payments.names[payment["id"]] for payment in told["items"]}
            assert (code, found) == (0, set(names.split()))
        code, _, said = await _listed(url, key, "--amount 2.00")
        assert code == 2
        assert "--amount needs --currency" in said


async def test_pairs_leave_no_text_and_are_forgotten_with_their_subject(payments: Payments) -> None:
    pool = payments.house.pool
    kept = await pool.fetchval("SELECT string_agg(m::text, ' ') FROM payment_metadata m")
    assert not [word for word in ("web", "channel", "order") if word in kept]
    distinct = await pool.fetchval("SELECT count(DISTINCT digest) FROM payment_metadata")
    assert distinct == len({"order=1", "order=2", "channel=web", "a=b=c", "ü="})
    rows = await pool.fetch("SELECT payment::text AS id, count(*) FROM payment_metadata GROUP BY 1")
    assert {payments.names[row["id"]]: row["count"] for row in rows} == {
        "first": 1, "second": 2, "third": 1, "declined": 1, "odd": 2, "same": 1,
    }  # fmt: skip
    subject = await subject_keys.subject_of(pool, "acme", "cy")
    assert subject is not None
    await subject_keys.destroy(pool, [subject])
    assert await payments.found(metadata="channel=web") == {"second", "declined"}
