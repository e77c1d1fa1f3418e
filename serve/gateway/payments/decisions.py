"""/v1/payments/{payment}/cancel, /accept and /reject: what ends a hold or a review.

They move money, and so each has its key. Who submitted a payment does not decide its review: the
partition compares the API keys of both (Refusal.OWN_REVIEW).
"""

from headrace.runtime.journal.states import PaymentState
from headrace.runtime.ledger.views import PaymentView
from headrace.runtime.payments import fingerprint
from headrace.runtime.payments.command import Act, PaymentAction
from headrace.runtime.refusals import Refusal
from headrace.serve.gateway.paths import payment_in
from headrace.serve.gateway.payments.examples import CANCELLED, PAYMENT
from headrace.serve.gateway.payments.payments import FAMILY, read
from headrace.serve.gateway.services import Services
from headrace.serve.http import reply
from headrace.serve.http.keyed import KEYED_HEADERS, REPLAYED, REPLAYED_HEADER, applied
from headrace.serve.http.reply import Reply
from headrace.serve.http.request import Request
from headrace.serve.http.route import Answer

R = Refusal


@FAMILY.route(
    "POST",
    "/v1/payments/{payment}/cancel",
    "Cancel a held payment",
    "Releases what is still held. What was captured stays captured; give it back with a refund.",
    Answer(200, "The payment.", PaymentView, CANCELLED, headers=(REPLAYED_HEADER,)),
    right=("cancel", "payment"),
    keyed=True,
    refusals=(R.UNKNOWN_PAYMENT, R.WRONG_STATE),
)
async def cancel_payment(services: Services, request: Request) -> Reply:
    return await _decided(services, request, PaymentAction.CANCEL)


@FAMILY.route(
    "POST",
    "/v1/payments/{payment}/accept",
    "Accept a payment in review",
    "The payment goes on as if risk had accepted it. Not with the API key that submitted it.",
    Answer(200, "The payment.", PaymentView, PAYMENT, headers=KEYED_HEADERS),
    right=("review", "payment"),
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
async def accept_payment(services: Services, request: Request) -> Reply:
    return await _decided(services, request, PaymentAction.ACCEPT)


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
    right=("review", "payment"),
    keyed=True,
    refusals=(R.UNKNOWN_PAYMENT, R.WRONG_STATE, R.OWN_REVIEW),
)
async def reject_payment(services: Services, request: Request) -> Reply:
    return await _decided(services, request, PaymentAction.REJECT)


async def _decided(services: Services, request: Request, action: PaymentAction) -> Reply:
    key, payment = request.idempotency_key(), payment_in(request, services.settings.cell.partitions)
    command = Act(
        request.tenant, payment, action, key=key,
        fingerprint=fingerprint.decision(action, payment), trace=request.trace, by=request.by,
    )  # fmt: skip
    done = await services.submissions.one(command)
    headers = [REPLAYED] if done.replayed else []
    as_of: tuple[int, int] | None = (done.partition, done.seq)
    wait_s = request.wait_s(services.settings.gateway.wait_max_s)
    if wait_s and action is PaymentAction.ACCEPT:
        headers.append(applied(wait_s))
        if done.state == PaymentState.CAPTURED:
            await services.partitions.await_final(done, wait_s)
        as_of = None
    return reply.json(200, await read(services, request.tenant, payment, as_of), *headers)
