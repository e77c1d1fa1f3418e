"""What refusals that any door gives by itself mean in HTTP."""

from enum import IntEnum

from headrace.runtime.refusals import Refusal
from headrace.serve.http.problem_type import ProblemType

R = Refusal
OWN_PROBLEMS: dict[IntEnum, ProblemType] = {
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
    R.IDEMPOTENCY_KEY_MISSING: ProblemType(
        400,
        "Idempotency key missing",
        "Every request that moves money carries a key of the caller's choice, so that it can be"
        " repeated without being carried out twice.",
        "Send a unique `Idempotency-Key` header (for items of a batch, the `idempotency_key`"
        " field), and the same one whenever the same request is repeated.",
    ),
    R.TOO_MANY_ITEMS: ProblemType(
        413,
        "Too many items",
        "The batch has more items than the platform takes in one request. None was carried out.",
        "Split it into several requests.",
    ),
    R.BODY_TIMED_OUT: ProblemType(
        408,
        "Body did not arrive in time",
        "The request's headers came, but its body was not complete when the time for it ran out.",
        "Send the request again with the same idempotency key. Nothing was done.",
    ),
    R.MALFORMED_REQUEST: ProblemType(
        400,
        "Not a request of HTTP",
        "What came could not be read as a request of HTTP/1.1, or asks for a part of it that the"
        " platform does not understand. Nothing was done.",
        "Mend the client or the proxy that wrote the request's head.",
    ),
    R.NAME_REPEATED: ProblemType(
        400,
        "A name is given twice",
        "A member of a JSON object, a query parameter, or a header that has one value stands in the"
        " request twice. Readers differ in which of the two counts, so neither does.",
        "Send it once; `errors` names it. The same idempotency key can be used again.",
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
    R.OTHER_HISTORY: ProblemType(
        410,
        "Of another history",
        "The cursor or position was given by another ledger, or by this one before it was restored"
        " from a backup: what it names is not in this ledger's history.",
        "Begin anew: a list without `cursor`; events without a position, dropping those whose"
        " `id` you have. Then compare what you know with what is told: after a restore, what came"
        " after the backup is gone.",
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
