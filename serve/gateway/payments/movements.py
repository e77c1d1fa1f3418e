"""/v1/payments/{payment}/captures and /refunds: parts of a payment, one or several."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from headrace.runtime.ledger.views import PaymentView
from headrace.runtime.payments import fingerprint
from headrace.runtime.payments.command import Act, PaymentAction
from headrace.runtime.refusals import Refusal
from headrace.serve.gateway.fields import Amount
from headrace.serve.gateway.paths import payment_in
from headrace.serve.gateway.payments.examples import CAPTURED, REFUNDED
from headrace.serve.gateway.payments.payments import FAMILY, read
from headrace.serve.gateway.services import Services
from headrace.serve.http import reply
from headrace.serve.http.keyed import KEYED_HEADERS, REPLAYED, applied
from headrace.serve.http.names_once import decoder
from headrace.serve.http.reply import Reply
from headrace.serve.http.request import Request
from headrace.serve.http.route import Answer

R = Refusal
_REFUSALS = (
    R.INVALID_AMOUNT, R.UNKNOWN_PAYMENT, R.ACCOUNT_CLOSED, R.WRONG_STATE, R.AMOUNT_TOO_LARGE,
    R.TOO_MANY_MOVEMENTS,
)  # fmt: skip
AmountOrRest = Annotated[Amount, Meta(description="Minor units; left out: all that is left.")]


class CaptureRequest(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """How much of a hold to take."""

    amount: AmountOrRest | None = None
    final: Annotated[
        bool, Meta(description="Release what the capture leaves; false: more will follow.")
    ] = True


class RefundRequest(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """How much of a payment to give back."""

    amount: AmountOrRest | None = None


class MovementAnswer(Struct):
    """A capture or refund, and its payment as it stood after it."""

    id: Annotated[str, Meta(description="<payment>:<number>")]
    payment: PaymentView
    amount: int
    status: Literal["settled", "pending", "declined"]


_captures = decoder(CaptureRequest)
_refunds = decoder(RefundRequest)


@FAMILY.route(
    "POST",
    "/v1/payments/{payment}/captures",
    "Capture a held payment",
    "Takes all or part of what is held and moves it to the creditor. A final capture releases the"
    " rest; with `final: false` another may follow.",
    Answer(201, "The capture.", MovementAnswer, CAPTURED, headers=KEYED_HEADERS),
    right=("capture", "payment"),
    body=CaptureRequest,
    body_example={"amount": 800, "final": False},
    body_required=False,
    keyed=True,
    prefer=True,
    refusals=_REFUSALS,
)
async def capture_payment(services: Services, request: Request) -> Reply:
    asked = await request.json(_captures, absent=b"{}")
    key, payment = request.idempotency_key(), payment_in(request, services.settings.cell.partitions)
    amount = asked.amount or 0
    command = Act(
        request.tenant, payment, PaymentAction.CAPTURE, amount, asked.final, key,
        fingerprint.capture(payment, amount, asked.final), request.trace, by=request.by,
    )  # fmt: skip
    return await _carried_out(services, request, command)


@FAMILY.route(
    "POST",
    "/v1/payments/{payment}/refunds",
    "Refund a payment",
    "Gives all or part of a settled payment back to the debtor. The creditor's account pays, so a"
    " refund is `pending` until its partition has answered; `Prefer: wait=5` waits for that. It can"
    " end as `declined` for want of funds.",
    Answer(201, "The refund.", MovementAnswer, REFUNDED, headers=KEYED_HEADERS),
    right=("refund", "payment"),
    body=RefundRequest,
    body_example={"amount": 250},
    body_required=False,
    keyed=True,
    prefer=True,
    refusals=_REFUSALS,
)
async def refund_payment(services: Services, request: Request) -> Reply:
    asked = await request.json(_refunds, absent=b"{}")
    key, payment = request.idempotency_key(), payment_in(request, services.settings.cell.partitions)
    amount = asked.amount or 0
    command = Act(
        request.tenant, payment, PaymentAction.REFUND, amount, True, key,
        fingerprint.refund(payment, amount), request.trace, by=request.by,
    )  # fmt: skip
    return await _carried_out(services, request, command)


async def _carried_out(services: Services, request: Request, command: Act) -> Reply:
    done = await services.submissions.one(command)
    headers = [REPLAYED] if done.replayed else []
    as_of: tuple[int, int] | None = (done.partition, done.seq)
    wait_s = request.wait_s(services.settings.gateway.wait_max_s)
    if wait_s:
        headers.append(applied(wait_s))
        await services.partitions.await_final(done, wait_s)
        as_of = None
    view = await read(services, request.tenant, done.payment, as_of)
    (movement,) = [m for m in view.movements if m.id == f"{view.id}:{done.leg}"]
    told = {
        "id": movement.id,
        "payment": view,
        "amount": movement.amount,
        "status": movement.status,
    }
    return reply.json(201, told, *headers)
