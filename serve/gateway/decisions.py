"""/v1/payments/{payment}/cancel, /accept and /reject: what ends a hold or a review.

They move money, and so each has its key. Who submitted a payment does not decide its review: the
partition compares the API keys of both (Refusal.OWN_REVIEW).
"""

from headrace.runtime.identity.keys import Role
from headrace.runtime.ledger.views import PaymentView
from headrace.runtime.payments import fingerprint
from headrace.runtime.payments.command import Act, PaymentAction
from headrace.runtime.payments.refusals import Refusal
from headrace.runtime.payments.states import PaymentState
from headrace.serve.gateway import reply
from headrace.serve.gateway.examples import CANCELLED, PAYMENT
from headrace.serve.gateway.payments import (
    FAMILY,
    KEYED_HEADERS,
    REPLAYED,
    REPLAYED_HEADER,
    applied,
    read,
)
from headrace.serve.gateway.platform import Platform
from headrace.serve.gateway.reply import Reply
from headrace.serve.gateway.request import Request
from headrace.serve.gateway.route import Answer

R = Refusal


@FAMILY.route(
    "POST",
    "/v1/payments/{payment}/cancel",
    "Cancel a held payment",
    "Releases what is still held. What was captured stays captured; give it back with a refund.",
    Answer(200, "The payment.", PaymentView, CANCELLED, headers=(REPLAYED_HEADER,)),
    keyed=True,
    refusals=(R.UNKNOWN_PAYMENT, R.WRONG_STATE),
)
async def cancel_payment(platform: Platform, request: Request) -> Reply:
    return await _decided(platform, request, PaymentAction.CANCEL)


@FAMILY.route(
    "POST",
    "/v1/payments/{payment}/accept",
    "Accept a payment in review",
    "The payment goes on as if risk had accepted it. Not with the API key that submitted it.",
    Answer(200, "The payment.", PaymentView, PAYMENT, headers=KEYED_HEADERS),
    role=Role.ADMINISTRATOR,
    keyed=True,
    prefer=True,
    refusals=(
        R.UNKNOWN_PAYMENT,
        R.ACCOUNT_CLOSED,
        R.WRONG_STATE,
        R.AMOUNT_TOO_LARGE,
        R.OWN_REVIEW,
    ),
)
async def accept_payment(platform: Platform, request: Request) -> Reply:
    return await _decided(platform, request, PaymentAction.ACCEPT)


@FAMILY.route(
    "POST",
    "/v1/payments/{payment}/reject",
    "Reject a payment in review",
    "The payment is declined and its hold released. Not with the API key that submitted it.",
    Answer(
        200,
        "The payment.",
        PaymentView,
        {
            **CANCELLED,
            "status": "declined",
            "capture": "automatic",
            "decline_reason": "review_rejected",
        },
        headers=(REPLAYED_HEADER,),
    ),
    role=Role.ADMINISTRATOR,
    keyed=True,
    refusals=(R.UNKNOWN_PAYMENT, R.WRONG_STATE, R.OWN_REVIEW),
)
async def reject_payment(platform: Platform, request: Request) -> Reply:
    return await _decided(platform, request, PaymentAction.REJECT)


async def _decided(platform: Platform, request: Request, action: PaymentAction) -> Reply:
    key, payment = request.idempotency_key(), request.payment(platform.settings.cell.partitions)
    command = Act(
        request.tenant, payment, action, key=key,
        fingerprint=fingerprint.decision(action, payment), trace=request.trace, by=request.by,
    )  # fmt: skip
    done = await platform.submissions.one(command)
    headers = [REPLAYED] if done.replayed else []
    as_of: tuple[int, int] | None = (done.partition, done.seq)
    wait_s = request.wait_s(platform.settings.gateway.wait_max_s)
    if wait_s and action is PaymentAction.ACCEPT:
        headers.append(applied(wait_s))
        if done.state == PaymentState.CAPTURED:
            await platform.partitions.await_final(done, wait_s)
        as_of = None
    return reply.json(200, await read(platform, request.tenant, payment, as_of), *headers)
