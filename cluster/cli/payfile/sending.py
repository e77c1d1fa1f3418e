"""A chunk's payments through POST /v1/payment-batches until each has its answer.

A payment that is answered 429 or 503 is sent again with its key. Two rows with one key never go
in one request: the second follows the first's answer, so that it is answered by the ledger's rule
(the same again, or key_reused) wherever batches happen to begin.
"""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from msgspec import DecodeError, Struct, convert, json

from headrace.cluster.cli.client import Api, Patience, backoff_s, problem_of, raise_for_problem
from headrace.cluster.cli.failures import Failure
from headrace.cluster.cli.payfile import answers
from headrace.cluster.cli.payfile.items import Mapped, PaymentItem, Refused

NDJSON = {"Content-Type": "application/x-ndjson"}
SPLIT = frozenset({400, 413, 422})
"""A batch refused as a whole is halved until the item that is to blame stands alone."""
AGAIN = frozenset({429, 503})
OPEN = frozenset({"in_review", "authorized"})
"""First answers that time may have overtaken."""
SETTLE_FIRST_S = 0.25
SETTLE_MAX_S = 2.0

_encode_lines = json.Encoder().encode_lines


class Paid(Struct, frozen=True, gc=False):
    """A row's payment; `status` is brought up to date until it is no longer in flight."""

    payment: answers.Payment
    replayed: bool


class Batch(NamedTuple):
    """A batch as the platform knows it: its id, and which rows of the chunk are its items."""

    id: str
    rows: list[int]


Results = list[Paid | Refused | None]


class Sender:
    """At most `in_flight` requests out at once. A chunk keeps its place among them until all its
    rows are answered, so that with a single one no later chunk passes rows that were put off."""

    def __init__(self, api: Api, in_flight: int) -> None:
        self._api = api
        self._slots = asyncio.Semaphore(in_flight)
        self._patience = api.patience()

    async def send(self, mapped: Mapped, results: Results) -> list[Batch]:
        """Puts an answer for every row into `results`, each as it comes; Unreachable when no row
        of any chunk got one for the client's patience."""
        async with self._slots:
            return await self._send(mapped, results)

    async def _send(self, mapped: Mapped, results: Results) -> list[Batch]:
        items = {i: item for i, item in enumerate(mapped.items) if item is not None}
        batches: list[Batch] = []
        attempt = 0
        while items:
            now, later = _first_of_each_key(items)
            unanswered = await self._post(now, results, batches)
            if len(unanswered) < len(now):
                self._patience.progress()
                attempt = 0
            if unanswered:
                reason = f"{len(unanswered):,} payments of a batch could not be decided"
                await asyncio.sleep(self._patience.pause_s(backoff_s(attempt), reason))
                attempt += 1
            items = dict(sorted((unanswered | later).items()))
        return batches

    async def _post(
        self, items: dict[int, PaymentItem], results: Results, batches: list[Batch]
    ) -> dict[int, PaymentItem]:
        """Sends once; returns the items to send again."""
        rows = list(items)
        response = await self._api.send(
            "POST", "/v1/payment-batches", headers=NDJSON,
            content=_encode_lines(items.values()), patience=self._patience,
        )  # fmt: skip
        if response.status_code in SPLIT:
            if len(rows) == 1:
                told = convert(problem_of(response), answers.Problem)
                results[rows[0]] = Refused(told.code, told.field, told.reason)
                return {}
            unanswered: dict[int, PaymentItem] = {}
            half = len(rows) // 2
            for part in (rows[:half], rows[half:]):
                sent = {i: items[i] for i in part}
                waits = bool(unanswered)  # nothing passes what was put off
                unanswered |= sent if waits else await self._post(sent, results, batches)
            return unanswered
        raise_for_problem(response)
        answer = _decoded(response.content, len(rows))
        batches.append(Batch(answer.id, rows))
        unanswered = {}
        for i, item in zip(rows, answer.results, strict=True):
            if item.payment is not None:
                results[i] = Paid(item.payment, item.replayed)
            elif item.status in AGAIN or item.status >= 500:
                unanswered[i] = items[i]
            else:
                told = item.problem or answers.Problem(f"http_{item.status}")
                results[i] = Refused(told.code, told.field, told.reason)
        return unanswered

    async def settle(self, mapped: Mapped, results: Results, batches: list[Batch]) -> None:
        """Waits until no payment of the chunk is on its way between partitions any more, and
        brings those up to date that were answered as they were first.

        Gives up when the client's patience ends without another one settled, leaving the status
        `authorized`.
        """
        patience = self._api.patience()
        wait_s = SETTLE_FIRST_S
        to_read = _having(may_have_changed, mapped, results, batches)
        while to_read and patience.left_s() > 0:
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, SETTLE_MAX_S)
            before = list(results)
            for batch in to_read:
                await self._read(batch, results, patience)
            if results != before:
                patience.progress()
            to_read = _having(in_flight, mapped, results, to_read)

    async def _read(self, batch: Batch, results: Results, patience: Patience) -> None:
        async with self._slots:
            response = await self._api.send(
                "GET", f"/v1/payment-batches/{batch.id}", patience=patience
            )
        raise_for_problem(response)
        answer = _decoded(response.content, len(batch.rows))
        for i, item in zip(batch.rows, answer.results, strict=True):
            before = results[i]
            if item.payment is not None and isinstance(before, Paid):
                results[i] = Paid(item.payment, before.replayed)


def in_flight(result: Paid | Refused | None, item: PaymentItem | None) -> bool:
    """Whether a payment is on its way to a creditor in another partition."""
    if not isinstance(result, Paid) or item is None:
        return False
    status = result.payment.status
    return status == "captured" or (status == "authorized" and item.capture != "manual")


def may_have_changed(result: Paid | Refused | None, item: PaymentItem | None) -> bool:
    """Whether a payment is in flight, or was answered again as it stood at first."""
    old = isinstance(result, Paid) and result.replayed and result.payment.status in OPEN
    return old or in_flight(result, item)


def _having(
    what: Callable[[Paid | Refused | None, PaymentItem | None], bool],
    mapped: Mapped,
    results: Results,
    batches: list[Batch],
) -> list[Batch]:
    return [
        batch for batch in batches if any(what(results[i], mapped.items[i]) for i in batch.rows)
    ]


def _first_of_each_key(
    items: dict[int, PaymentItem],
) -> tuple[dict[int, PaymentItem], dict[int, PaymentItem]]:
    if len({item.idempotency_key for item in items.values()}) == len(items):
        return items, {}
    first: dict[int, PaymentItem] = {}
    later: dict[int, PaymentItem] = {}
    seen: set[str] = set()
    for i, item in items.items():
        (later if item.idempotency_key in seen else first)[i] = item
        seen.add(item.idempotency_key)
    return first, later


def _decoded(content: bytes, size: int) -> answers.BatchAnswer:
    try:
        answer = answers.batch(content)
    except DecodeError as error:
        raise Failure(f"a batch answer that isn't one: {error}") from error
    if len(answer.results) != size:
        raise Failure(f"{size} payments were sent and {len(answer.results)} answered")
    return answer
