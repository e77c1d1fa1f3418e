"""Parts of paths that several areas read."""

import re

from headrace.runtime.partitioning import partition_of_payment
from headrace.runtime.refusals import Refusal
from headrace.serve.gateway.fields import ACCOUNT_PATTERN
from headrace.serve.http.forms import FORMS
from headrace.serve.http.problems import Problem
from headrace.serve.http.request import Request

_ACCOUNT = re.compile(ACCOUNT_PATTERN)


def account_in(request: Request) -> str:
    """The account id in the path; one of another form is nobody's."""
    account = request.params["account"]
    if not _ACCOUNT.match(account):
        raise Problem(Refusal.UNKNOWN_ACCOUNT, "ids are " + FORMS[ACCOUNT_PATTERN], "account")
    return account


def payment_in(request: Request, partitions: int) -> bytes:
    """The payment id in the path; one that names no partition of ours is nobody's."""
    payment = request.uuid("payment")
    if payment is None or partition_of_payment(payment) >= partitions:
        raise Problem(Refusal.UNKNOWN_PAYMENT, field="payment")
    return payment
