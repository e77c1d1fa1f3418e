"""`headrace payment`: one payment, from its creation to its timeline."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

from headrace.cluster.cli.address import request_path
from headrace.cluster.cli.amount import exact_minor_units
from headrace.cluster.cli.command import Outcome, api_command, group, listing
from headrace.cluster.cli.duration import seconds
from headrace.cluster.cli.failures import BadInput, NotAllowed
from headrace.cluster.cli.once import KeyOption, key_or_new

if TYPE_CHECKING:
    from rich.console import RenderableType

    from headrace.cluster.cli.client import Api

app = group("Payments. Amounts are decimals in major units: 12.50.")

PaymentId = Annotated[str, Argument(metavar="ID", help="The payment's id.")]
Amount = Annotated[
    str | None, Option(metavar="AMOUNT", help="In major units. Default: all that is left.")
]

ANOTHER_KEY = (
    "This API key submitted the payment: make one for the reviewer with `headrace key create"
    " --role administrator --label reviewer` and give it with --api-key or HEADRACE_API_KEY"
)


class Capture(StrEnum):
    """Manual holds the amount until it is captured, cancelled or expires."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


def path(payment: str, *rest: str) -> str:
    return request_path("payments", payment, *rest)


@api_command(
    app,
    "show",
    "headrace payment show 01993c1e-7d2a-7c3b-9f00-52a1c0de0007",
    "headrace payment show 01993c1e-7d2a-7c3b-9f00-52a1c0de0007 --json | jq .timeline",
)
async def show(api: "Api", payment: PaymentId) -> Outcome:
    """Show a payment with its whole timeline."""
    data = await api.get(path(payment))
    timeline = (await api.get(path(payment, "timeline")))["items"]

    def view() -> "RenderableType":
        from rich.console import Group

        from headrace.cluster.cli.view import fields, rows

        steps = [{"currency": data.get("currency")} | step for step in timeline]
        return Group(
            fields(data, leave_out=("movements",)),
            "",
            rows(steps, ("at", "kind", "status", "amount", "movement", "decline_reason", "id")),
        )

    return Outcome(data | {"timeline": timeline}, view)


@api_command(
    app,
    "list",
    "headrace payment list --status in_review",
    "headrace payment list --debtor alice --from 2026-11-01T00:00:00Z --limit 20",
    "headrace payment list --account alice --amount-from 10.00 --currency EUR",
    "headrace payment list --metadata order=1187",
    "headrace payment list --idempotency-key order-1187",
)
async def list_payments(
    api: "Api",
    account: Annotated[str | None, Option(help="Account paid from or to.")] = None,
    debtor: Annotated[str | None, Option(help="Account paid from.")] = None,
    creditor: Annotated[str | None, Option(help="Account paid to.")] = None,
    status: Annotated[str | None, Option(help="settled, in_review, declined, ...")] = None,
    reference: Annotated[str | None, Option(help="The client's reference.")] = None,
    metadata: Annotated[
        str | None, Option(metavar="NAME=VALUE", help="A pair that it was created with.")
    ] = None,
    amount: Annotated[str | None, Option(help="Exactly this; amounts need --currency.")] = None,
    amount_from: Annotated[str | None, Option(metavar="AMOUNT", help="This or more.")] = None,
    amount_to: Annotated[str | None, Option(metavar="AMOUNT", help="This or less.")] = None,
    currency: Annotated[str | None, Option(help="ISO 4217, like EUR.")] = None,
    idempotency_key: Annotated[str | None, Option(help="The key it was created with.")] = None,
    since: Annotated[str | None, Option("--from", metavar="TIME", help="ISO 8601.")] = None,
    until: Annotated[str | None, Option("--to", metavar="TIME", help="ISO 8601.")] = None,
    cursor: Annotated[str | None, Option(help="Go on where an earlier page ended.")] = None,
    limit: Annotated[int, Option(min=1, max=1000, help="Items a page.")] = 100,
) -> Outcome:
    """List payments, newest first, a page at a time."""
    asked = {
        "account": account,
        "debtor": debtor,
        "creditor": creditor,
        "status": status,
        "reference": reference,
        "metadata": metadata,
        "amount": _in_minor_units("--amount", amount, currency),
        "amount_from": _in_minor_units("--amount-from", amount_from, currency),
        "amount_to": _in_minor_units("--amount-to", amount_to, currency),
        "currency": currency,
        "idempotency_key": idempotency_key,
        "created_from": since,
        "created_to": until,
        "cursor": cursor,
        "limit": str(limit),
    }
    page = await api.get("/v1/payments", {k: v for k, v in asked.items() if v is not None})
    return listing(
        page, "id", "status", "debtor", "creditor", "amount", "decline_reason", "created_at"
    )  # fmt: skip


def _in_minor_units(option: str, amount: str | None, currency: str | None) -> str | None:
    if amount is None:
        return None
    if currency is None:
        raise BadInput(f"{option} needs --currency: amounts are in its major units")
    return str(exact_minor_units(amount, currency))


@api_command(
    app,
    "create",
    "headrace payment create alice shop-7 12.50 EUR --key order-1187 --wait 5",
    "headrace payment create alice shop-7 80.00 EUR --capture manual --expires-in 2d",
)
async def create(
    api: "Api",
    debtor: Annotated[str, Argument(metavar="DEBTOR", help="Account that pays.")],
    creditor: Annotated[str, Argument(metavar="CREDITOR", help="Account that is paid.")],
    amount: Annotated[str, Argument(metavar="AMOUNT", help="In major units, like 12.50.")],
    currency: Annotated[str, Argument(metavar="CURRENCY", help="ISO 4217, like EUR.")],
    key: KeyOption = None,
    capture: Annotated[Capture, Option(help="When the money moves.")] = Capture.AUTOMATIC,
    expires_in: Annotated[
        str | None, Option(metavar="DURATION", help="How long it may be held: 12h, 2d.")
    ] = None,
    reference: Annotated[str | None, Option(help="Yours, to find it by.")] = None,
    description: Annotated[str | None, Option(help="For people.")] = None,
    metadata: Annotated[
        list[str] | None, Option(metavar="NAME=VALUE", help="Kept with it; may be repeated.")
    ] = None,
    wait: Annotated[int, Option(min=0, max=30, help="Seconds to wait for a final state.")] = 0,
) -> Outcome:
    """Pay, or hold an amount to capture later. A decline is an answer: look at `status`."""
    body: dict[str, Any] = {
        "debtor": debtor,
        "creditor": creditor,
        "amount": exact_minor_units(amount, currency),
        "currency": currency,
        "capture": capture.value,
        "expires_in_s": seconds(expires_in) if expires_in is not None else None,
        "reference": reference,
        "description": description,
        "metadata": _metadata(metadata) if metadata else None,
    }
    headers = {"Idempotency-Key": key_or_new(key)}
    if wait:
        headers["Prefer"] = f"wait={wait}"
    sent = {name: value for name, value in body.items() if value is not None}
    return Outcome(await api.json("POST", "/v1/payments", body=sent, headers=headers))


def _metadata(pairs: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not (name and sign):
            raise BadInput(f"--metadata: {pair!r} is not NAME=VALUE")
        if name in found:
            raise BadInput(f"--metadata: {name!r} is given twice")
        found[name] = value
    return found


async def _part(
    api: "Api", payment: str, what: str, amount: str | None, key: str | None, **rest: Any
) -> Outcome:
    body: dict[str, Any] = dict(rest)
    if amount is not None:
        currency = str((await api.get(path(payment)))["currency"])
        body["amount"] = exact_minor_units(amount, currency)
    return Outcome(await api.post(path(payment, what), body, key=key_or_new(key)))


@api_command(
    app,
    "capture",
    "headrace payment capture ID",
    "headrace payment capture ID --amount 20.00 --more",
)
async def capture_payment(
    api: "Api",
    payment: PaymentId,
    amount: Amount = None,
    more: Annotated[bool, Option("--more", help="Keep the rest held for more captures.")] = False,
    key: KeyOption = None,
) -> Outcome:
    """Move held money to the creditor and release what is left."""
    return await _part(api, payment, "captures", amount, key, final=not more)


@api_command(app, "refund", "headrace payment refund ID --amount 5.00 --key return-12")
async def refund(
    api: "Api", payment: PaymentId, amount: Amount = None, key: KeyOption = None
) -> Outcome:
    """Give back all or part of what the creditor received."""
    return await _part(api, payment, "refunds", amount, key)


@api_command(
    app, "cancel", "headrace payment cancel ID", "headrace payment cancel ID --key undo-12"
)
async def cancel(api: "Api", payment: PaymentId, key: KeyOption = None) -> Outcome:
    """Release a payment that is held or in review."""
    return Outcome(await api.post(path(payment, "cancel"), key=key_or_new(key)))


async def _review(api: "Api", payment: str, decision: str, key: str | None) -> Outcome:
    try:
        return Outcome(await api.post(path(payment, decision), key=key_or_new(key)))
    except NotAllowed as refused:
        if refused.problem.get("code") != "own_review":
            raise
        raise NotAllowed(f"{refused.message}. {ANOTHER_KEY}", refused.problem) from None


@api_command(
    app,
    "accept",
    "headrace payment accept ID",
    "headrace payment accept ID --api-key hr_... --key review-12",
)
async def accept(api: "Api", payment: PaymentId, key: KeyOption = None) -> Outcome:
    """Let a payment that is in review go on. Needs an administrator's key, and another than the
    one that submitted the payment: `headrace key create --role administrator` makes one."""
    return await _review(api, payment, "accept", key)


@api_command(app, "reject", "headrace payment reject ID")
async def reject(api: "Api", payment: PaymentId, key: KeyOption = None) -> Outcome:
    """Decline a payment that is in review. Needs an administrator's key, and another than the one
    that submitted the payment: `headrace key create --role administrator` makes one."""
    return await _review(api, payment, "reject", key)
