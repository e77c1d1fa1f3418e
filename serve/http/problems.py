"""Every refusal in HTTP: status, title and what a caller can do (RFC 9457 problem details).

The table is the only place that knows a refusal's status; /problems/<code> shows each row.
"""

from typing import Annotated, NamedTuple

from msgspec import UNSET, Meta, Struct, UnsetType

from headrace.runtime.money import AMOUNT_MAX, BALANCE_MAX
from headrace.runtime.payments.answer import Refused
from headrace.runtime.payments.payment import CAPTURES_MAX, LEG_MAX
from headrace.runtime.payments.refusals import Refusal

RETRY_AFTER_S = {Refusal.OVERLOADED: 1, Refusal.UNAVAILABLE: 2}
CODES = {refusal: refusal.name.lower() for refusal in Refusal}


class FieldError(Struct, frozen=True):
    """Which part of a request is wrong, and why."""

    field: Annotated[str, Meta(description="Path into the body, or a parameter or header.")]
    reason: str


class ProblemDetails(Struct, omit_defaults=True, frozen=True):
    """RFC 9457. `code` never changes; `title` and `detail` are for people."""

    type: Annotated[str, Meta(description="Address of the page that explains the code.")]
    title: str
    status: Annotated[int, Meta(ge=400, le=599)]
    code: str
    detail: str | UnsetType = UNSET
    errors: list[FieldError] | UnsetType = UNSET


class Problem(Exception):
    """A request is turned down; the gateway answers it with `details(problem)`.

    `field` says which part of the request is to blame, `detail` what is wrong with it.
    """

    def __init__(
        self,
        refusal: Refusal,
        detail: str = "",
        field: str = "",
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        super().__init__(refusal, detail, field, headers)
        self.refusal = refusal
        self.detail = detail
        self.field = field
        self.headers = headers


class ProblemType(NamedTuple):
    """One row: `meaning` says what happened, `remedy` what the caller can do about it."""

    status: int
    title: str
    meaning: str
    remedy: str


R = Refusal
PROBLEMS: dict[Refusal, ProblemType] = {
    R.UNAUTHENTICATED: ProblemType(
        401,
        "No valid API key",
        "The request carried no API key, or one that this platform never issued or has revoked.",
        "Send the key as `Authorization: Bearer hr_…`. If it was revoked, ask an administrator"
        " for a new one.",
    ),
    R.KEY_EXPIRED: ProblemType(
        401,
        "API key expired",
        "The API key was issued with an end, and that moment has passed.",
        "Create or rotate a key (`POST /v1/api-keys`) and use the new one. Nothing was done.",
    ),
    R.FORBIDDEN: ProblemType(
        403,
        "Not allowed with this key",
        "The key is valid, but its role does not include this operation.",
        "Use an administrator's key for deposits, withdrawals, limits, account states, reviews and"
        " keys, and the operator's for tenants. An operator names the tenant it acts for in the"
        " `Headrace-Tenant` header.",
    ),
    R.NOT_FOUND: ProblemType(
        404,
        "Nothing at this address",
        "There is no such resource, or it belongs to another tenant.",
        "Check the path against the reference at /docs.",
    ),
    R.METHOD_NOT_ALLOWED: ProblemType(
        405,
        "Method not allowed",
        "The resource exists, but does not understand this HTTP method.",
        "Use one of the methods that the `Allow` header lists.",
    ),
    R.UNSUPPORTED_MEDIA_TYPE: ProblemType(
        415,
        "Content type not supported",
        "The body is not in a format that this operation reads.",
        "Send `Content-Type: application/json`; the batch endpoints also take"
        " `application/x-ndjson`. Bodies are UTF-8 and not compressed.",
    ),
    R.BODY_TOO_LARGE: ProblemType(
        413,
        "Body too large",
        "The body has more bytes than the platform accepts in one request.",
        "Split the request; for payments, send several batches. Nothing was done.",
    ),
    R.MALFORMED_JSON: ProblemType(
        400,
        "Body is not JSON",
        "The body could not be read as one JSON document in UTF-8"
        " (or, for NDJSON, as one document a line).",
        "Mend the JSON at the place that `detail` names.",
    ),
    R.INVALID_FIELD: ProblemType(
        422,
        "A field is not valid",
        "A field, parameter or header is unknown, missing, of the wrong type or outside its"
        " bounds.",
        "`errors` names the field and the reason. The same idempotency key can be used again.",
    ),
    R.INVALID_AMOUNT: ProblemType(
        422,
        "Amount is not valid",
        "An amount is a whole number of minor units (cents of EUR, yen of JPY) between 1 and"
        f" {AMOUNT_MAX}, written as a JSON number without fraction or exponent.",
        "Send 12.34 EUR as `1234`.",
    ),
    R.UNKNOWN_CURRENCY: ProblemType(
        422,
        "Unknown currency",
        "The currency is not an alphabetic code of ISO 4217 for money with minor units.",
        "Send the three capital letters, for example `EUR`.",
    ),
    R.IDEMPOTENCY_KEY_MISSING: ProblemType(
        400,
        "Idempotency key missing",
        "Every request that moves money carries a key of the caller's choice, so that it can be"
        " repeated without being carried out twice.",
        "Send a unique `Idempotency-Key` header (for items of a batch, the `idempotency_key`"
        " field), and the same one whenever the same request is repeated.",
    ),
    R.SAME_ACCOUNT: ProblemType(
        422,
        "Debtor and creditor are the same",
        "A payment goes from one account to another.",
        "Name two different accounts.",
    ),
    R.TOO_MANY_ITEMS: ProblemType(
        413,
        "Too many items",
        "The batch has more items than the platform takes in one request. None was carried out.",
        "Split it into several requests.",
    ),
    R.DUPLICATE_KEY_IN_BATCH: ProblemType(
        422,
        "Key used twice in this batch",
        "An earlier item of the same batch has this idempotency key. The earlier item was carried"
        " out by itself; this one was not.",
        "Give each item a key of its own.",
    ),
    R.BODY_TIMED_OUT: ProblemType(
        408,
        "Body did not arrive in time",
        "The request's headers came, but its body was not complete when the time for it ran out.",
        "Send the request again with the same idempotency key. Nothing was done.",
    ),
    R.TENANT_EXISTS: ProblemType(
        409,
        "Tenant exists",
        "There is a tenant of this name already.",
        "Choose another name. The tenant's administrator manages its keys.",
    ),
    R.MALFORMED_REQUEST: ProblemType(
        400,
        "Not a request of HTTP",
        "What came could not be read as a request of HTTP/1.1, or asks for a part of it that the"
        " platform does not understand. Nothing was done.",
        "Mend the client or the proxy that wrote the request's head.",
    ),
    R.KEY_REUSED: ProblemType(
        422,
        "Idempotency key used for something else",
        "The key belongs to an earlier request of this tenant with another operation or other"
        " fields. That request stands; this one was not carried out.",
        "Use a new key for a new request. `GET /v1/payments?idempotency_key=…` finds the payment"
        " that the key made; one that captured, refunded, cancelled or decided stands in its"
        " payment's timeline.",
    ),
    R.UNKNOWN_PAYMENT: ProblemType(
        404,
        "Unknown payment",
        "No payment of this tenant has this id or key.",
        "Check the id. A batch item without a payment was refused or never carried out: send it"
        " again with its key.",
    ),
    R.UNKNOWN_ACCOUNT: ProblemType(
        404,
        "Unknown account",
        "No account of this tenant has this id. `errors` says whether the debtor, the creditor or"
        " the account of the path is meant.",
        "Open it with `POST /v1/accounts`, then send the request again with the same key.",
    ),
    R.ACCOUNT_EXISTS: ProblemType(
        409,
        "Account exists with other settings",
        "An account of this id was opened earlier with another currency, credit line or limits.",
        "Read it with `GET /v1/accounts/{id}`, and change it with `PATCH`.",
    ),
    R.CURRENCY_MISMATCH: ProblemType(
        422,
        "Currency differs from the account's",
        "An account holds one currency, and the request names another.",
        "Use accounts of the request's currency; `errors` says which one differs.",
    ),
    R.ACCOUNT_FROZEN: ProblemType(
        409,
        "Account frozen",
        "A frozen account pays nothing and holds nothing new. It still receives, and earlier"
        " holds can be captured.",
        "An administrator lifts the freeze with `POST /v1/accounts/{id}/unfreeze`.",
    ),
    R.ACCOUNT_CLOSED: ProblemType(
        409,
        "Account closed",
        "A closed account neither pays nor receives, and stays closed.",
        "Use another account.",
    ),
    R.BALANCE_NOT_ZERO: ProblemType(
        409,
        "Account is not empty",
        "An account with money, holds or money on its way cannot be closed.",
        "Withdraw or pay out what is left, settle its holds, then close it.",
    ),
    R.INSUFFICIENT_FUNDS: ProblemType(
        409,
        "Not enough funds",
        "The account's available money (posted, less held, plus credit line) does not cover it."
        " Only withdrawals and changes are refused so; a payment is declined instead.",
        "Bring money in first, or ask for less.",
    ),
    R.WRONG_STATE: ProblemType(
        409,
        "The payment's state does not allow it",
        "What was asked for cannot be done to a payment in its present state.",
        "Read the payment; `detail` names its state.",
    ),
    R.AMOUNT_TOO_LARGE: ProblemType(
        422,
        "Amount too large",
        "More than is left to capture or refund, or an account's balance would pass"
        f" {BALANCE_MAX} minor units.",
        "Read the payment for what is left, or leave `amount` out to take all of it.",
    ),
    R.TOO_MANY_MOVEMENTS: ProblemType(
        409,
        "Too many captures or refunds",
        f"A payment has at most {CAPTURES_MAX} captures, and {LEG_MAX} captures and refunds"
        " together.",
        "Cancel what is still held, or make one final capture or refund of all that is left"
        " before the bound is reached.",
    ),
    R.OWN_REVIEW: ProblemType(
        403,
        "Submitted with the same key",
        "A payment in review is accepted or rejected with another API key than the one that"
        " submitted it.",
        "Use an administrator's key that did not submit the payment, or make one for the reviewer"
        " (`POST /v1/api-keys` with `role` `administrator`).",
    ),
    R.OVERLOADED: ProblemType(
        429,
        "Too much at once",
        "A queue on the request's way is full. Nothing was done.",
        "Wait as long as `Retry-After` says, then send the same request with the same key.",
    ),
    R.UNAVAILABLE: ProblemType(
        503,
        "Temporarily unavailable",
        "The part of the platform that owns the account is starting, moving or cannot say what"
        " became of the request.",
        "Wait as long as `Retry-After` says, then send the same request with the same key: it is"
        " carried out once, whatever happened before.",
    ),
    R.INTERNAL_ERROR: ProblemType(
        500,
        "A defect of the platform",
        "The request met a mistake in the platform, which has been logged with its trace id.",
        "Send the same request with the same key; it is carried out once. If it happens again,"
        " report the `Trace-Id` header.",
    ),
}


def details(refusal: Refusal, detail: str = "", field: str = "") -> ProblemDetails:
    """The body that tells a caller about a refusal."""
    row = PROBLEMS[refusal]
    reason = detail or row.title
    return ProblemDetails(
        f"/problems/{CODES[refusal]}",
        row.title,
        row.status,
        CODES[refusal],
        detail or UNSET,
        [FieldError(field, reason)] if field else UNSET,
    )


def of_answer(answer: Refused) -> ProblemDetails:
    """The body that tells about a partition's refusal."""
    return details(Refusal(answer.refusal), answer.detail, answer.field)


def problem(answer: Refused) -> Problem:
    """A partition's refusal, to be raised."""
    return Problem(Refusal(answer.refusal), answer.detail, answer.field)
