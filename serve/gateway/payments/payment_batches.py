"""/v1/payment-batches: many payments in one request, each decided by itself."""

import asyncio
from typing import Any
from uuid import UUID

import uuid_utils
from msgspec import Struct, convert

from headrace.runtime.ledger import batches, standing
from headrace.runtime.ledger.batches import PaymentBatch
from headrace.runtime.ledger.standing import KeyUse
from headrace.runtime.refusals import Refusal
from headrace.serve.gateway.payments.batch_plan import Plan
from headrace.serve.gateway.payments.examples import BATCH
from headrace.serve.gateway.payments.payment_answer import (
    BatchResult,
    outcome,
    refused,
    result,
)
from headrace.serve.gateway.payments.payment_request import BatchPaymentRequest
from headrace.serve.gateway.payments.rights import BATCH_RIGHTS
from headrace.serve.gateway.services import Services
from headrace.serve.http import reply
from headrace.serve.http.batch_body import BatchBody
from headrace.serve.http.forms import IdempotencyKey
from headrace.serve.http.problems import Problem, ProblemDetails, details
from headrace.serve.http.reference.vocabulary import UUID_TYPE
from headrace.serve.http.reply import Reply
from headrace.serve.http.request import Request
from headrace.serve.http.route import Answer, Family, PathParameter

R = Refusal
CHUNK = 1_000
"""Items worked on before others get their turn: some milliseconds."""


class BatchAnswer(Struct):
    """What became of each item, in the order of the items."""

    id: str
    results: list[BatchResult]


class BatchQuery(Struct, forbid_unknown_fields=True):
    """Which batch."""

    idempotency_key: IdempotencyKey


FAMILY = Family(
    "Payment batches",
    "Up to 10,000 payments in one request. Items are independent of each other, and in order for"
    " the same debtor; each has its own key and gets its own payment or problem.",
    rights=BATCH_RIGHTS,
    parameters={
        "batch": PathParameter("The batch's id.", UUID_TYPE, "0197f2a4-7b10-7d02-8a11-5f2e9a6b0c0d")
    },
)
_body = BatchBody(BatchPaymentRequest)


@FAMILY.route(
    "POST",
    "/v1/payment-batches",
    "Make many payments",
    'A JSON array, `{"items": […]}`, or NDJSON with one payment a line. The answer is `200`'
    " whatever became of the items; look at each one's `status`. An item whose partition is away"
    " gets a `503` problem of its own: send it again with its key. Of two items with one key the"
    " second is refused as [duplicate_key_in_batch](/problems/duplicate_key_in_batch). With an"
    " `Idempotency-Key` for the batch, its answers can be found again after a lost connection.",
    Answer(200, "Every item's result, in their order.", BatchAnswer, BATCH),
    right=("create", "payment_batch"),
    body=list[BatchPaymentRequest],
    body_example=[
        {
            "idempotency_key": "salary-1",
            "debtor": "acme-payroll",
            "creditor": "employee-1",
            "amount": 310000,
            "currency": "EUR",
        },
        {
            "idempotency_key": "salary-2",
            "debtor": "acme-payroll",
            "creditor": "employee-2",
            "amount": 287500,
            "currency": "EUR",
        },
    ],
    ndjson=BatchPaymentRequest,
    batch_keyed=True,
    refusals=(R.TOO_MANY_ITEMS, R.KEY_REUSED),
)
async def create_payment_batch(services: Services, request: Request) -> Reply:
    services.submissions.admit(request.items_expected(services.settings.gateway.batch_items_max))
    tenant, key = request.tenant, request.optional_idempotency_key()
    body, lines = await request.body(ndjson=True)
    items = _body.read(body, lines, services.settings.gateway.batch_items_max)
    plan, now_us = Plan(services.digest), services.now_us()
    for start in range(0, len(items), CHUNK):
        if start:
            await asyncio.sleep(0)
        plan.add(items[start : start + CHUNK], tenant, request.trace, now_us, request.by)
    batch = batches.named(tenant, key) if key else UUID(bytes=uuid_utils.uuid7().bytes)
    return await services.submissions.many(
        len(plan.commands), lambda: _carry_out(services, tenant, batch, plan, key is not None)
    )


async def _carry_out(
    services: Services, tenant: int, batch: UUID, plan: Plan, named: bool
) -> Reply:
    """Runs on when the client hangs up. A named batch is kept before anything is done, so that the
    name cannot stand for two; any other while its payments are decided."""
    saving = asyncio.create_task(
        batches.save(services.pool, tenant, batch, plan.keys, plan.fingerprints, plan.refusals)
    )
    if named and not await saving:
        before = await batches.find(services.pool, tenant, batch)
        if before is None or not before.asked(plan.keys, plan.fingerprints):
            raise Problem(R.KEY_REUSED, "it names a batch of other items", "Idempotency-Key")
    answers = await services.partitions.submit(plan.commands) if plan.commands else []
    for start in range(0, len(answers), CHUNK):
        chunk = answers[start : start + CHUNK]
        plan.answered(start, chunk)
        services.outcomes.update(map(outcome, chunk))
        await asyncio.sleep(0)
    await saving
    return reply.json(200, BatchAnswer(str(batch), plan.results))


@FAMILY.route(
    "GET",
    "/v1/payment-batches/{batch}",
    "Read a batch",
    "The items' results from the ledger, payments as they stand now. An item that has no payment"
    " was refused or not carried out, and is told as [unknown_payment](/problems/unknown_payment):"
    " send it again with its key. One whose key stands for something else is told as"
    " [key_reused](/problems/key_reused), as it was or would be answered.",
    Answer(200, "Every item's result, in their order.", BatchAnswer, BATCH),
    right=("read", "payment_batch"),
    refusals=(R.NOT_FOUND,),
)
async def read_payment_batch(services: Services, request: Request) -> Reply:
    batch = request.uuid("batch")
    if batch is None:
        raise _unknown()
    return await _read(services, request.tenant, UUID(bytes=batch))


@FAMILY.route(
    "GET",
    "/v1/payment-batches",
    "Find a batch by its key",
    "The batch that was sent with this `Idempotency-Key`.",
    Answer(200, "Every item's result, in their order.", BatchAnswer, BATCH),
    right=("read", "payment_batch"),
    query=BatchQuery,
    refusals=(R.NOT_FOUND,),
)
async def find_payment_batch(services: Services, request: Request) -> Reply:
    asked = request.query(BatchQuery)
    return await _read(
        services, request.tenant, batches.named(request.tenant, asked.idempotency_key)
    )


async def _read(services: Services, tenant: int, batch: UUID) -> Reply:
    with services.admission.reads:
        found = await batches.find(services.pool, tenant, batch)
        if found is None:
            raise _unknown()
        keys = [key for item, key in enumerate(found.keys) if item not in found.refusals]
        uses = await standing.uses(services.pool, tenant, keys)
    return reply.json(200, BatchAnswer(found.id, _results(found, uses)))


def _results(batch: PaymentBatch, uses: dict[str, KeyUse]) -> list[BatchResult]:
    results = []
    for item, key in enumerate(batch.keys):
        if item in batch.refusals:
            results.append(refused(_kept(batch.refusals[item])))
        else:
            results.append(_told(batch, item, key, uses.get(key)))
    return results


def _told(batch: PaymentBatch, item: int, key: str, use: KeyUse | None) -> BatchResult:
    """What is to be said of an item now."""
    if use is None:
        return refused(details(R.UNKNOWN_PAYMENT, field="idempotency_key"))
    if not (use.made and batch.fingerprints[item] == use.fingerprint):
        return refused(details(R.KEY_REUSED))
    return result(key, use.told)


def _kept(problem: dict[str, Any]) -> ProblemDetails:
    return convert(problem, ProblemDetails)


def _unknown() -> Problem:
    return Problem(R.NOT_FOUND, "no such batch")
