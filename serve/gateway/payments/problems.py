"""What refusals of payments mean in HTTP."""

from headrace.runtime.journal.record import LEG_MAX
from headrace.runtime.money import BALANCE_MAX
from headrace.runtime.payments.payment import CAPTURES_MAX
from headrace.runtime.refusals import Refusal
from headrace.serve.http.problem_type import ProblemType
from headrace.serve.http.problems import declare

R = Refusal
PROBLEMS = declare(
    "payments",
    {
        R.SAME_ACCOUNT: ProblemType(
            422,
            "Debtor and creditor are the same",
            "A payment goes from one account to another.",
            "Name two different accounts.",
        ),
        R.DUPLICATE_KEY_IN_BATCH: ProblemType(
            422,
            "Key used twice in this batch",
            "An earlier item of the same batch has this idempotency key. The earlier item was"
            " carried out by itself; this one was not.",
            "Give each item a key of its own.",
        ),
        R.UNKNOWN_PAYMENT: ProblemType(
            404,
            "Unknown payment",
            "No payment of this tenant has this id or key.",
            "Check the id. A batch item without a payment was refused or never carried out: send it"
            " again with its key.",
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
            "More than is left to capture or refund, or an account's balance and credit line would"
            f" together pass {BALANCE_MAX} minor units.",
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
            "Use an administrator's key that did not submit the payment, or make one for the"
            " reviewer (`POST /v1/api-keys` with `role` `administrator`).",
        ),
    },
)
