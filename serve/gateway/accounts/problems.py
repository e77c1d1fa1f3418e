"""What refusals that accounts and their money give rise to mean in HTTP, of payments too."""

from headrace.runtime.money import AMOUNT_MAX
from headrace.runtime.refusals import Refusal
from headrace.serve.http.problem_type import ProblemType
from headrace.serve.http.problems import declare

R = Refusal
PROBLEMS = declare(
    "accounts",
    {
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
        R.UNKNOWN_ACCOUNT: ProblemType(
            404,
            "Unknown account",
            "No account of this tenant has this id. `errors` says whether the debtor, the creditor"
            " or the account of the path is meant.",
            "Open it with `POST /v1/accounts`, then send the request again with the same key.",
        ),
        R.ACCOUNT_EXISTS: ProblemType(
            409,
            "Account exists with other settings",
            "An account of this id was opened earlier with another currency, credit line or"
            " limits.",
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
    },
)
