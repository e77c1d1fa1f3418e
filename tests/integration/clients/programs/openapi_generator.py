"""The story, as told by a Python client of openapi-generator (package `generated`)."""

import json
import os
from collections.abc import Callable
from typing import Any

import generated
from generated import ApiException, Configuration
from generated.models import (
    AccountRequest,
    BatchPaymentRequest,
    FundRequest,
    PaymentRequest,
    PaymentStatus,
    ProblemCode,
)

URL, KEY = os.environ["HEADRACE_URL"], os.environ["HEADRACE_API_KEY"]
told: dict[str, Any] = {}


def client(key: str = KEY) -> generated.ApiClient:
    return generated.ApiClient(Configuration(host=URL, access_token=key))


accounts, payments = generated.AccountsApi(client()), generated.PaymentsApi(client())
batches, stranger = generated.PaymentBatchesApi(client()), generated.PaymentsApi(client("hr_no"))


def payment(amount: int, creditor: str = "merchant-3", **more: Any) -> PaymentRequest:
    return PaymentRequest(
        debtor="customer-17", creditor=creditor, amount=amount, currency="EUR", **more
    )


def code(call: Callable[..., Any], *arguments: Any) -> str:
    try:
        answer = call(*arguments)
    except ApiException as refused:
        return ProblemCode(refused.data.code).value
    raise AssertionError(answer)


for account in ("customer-17", "merchant-3"):
    assert accounts.open_account(AccountRequest(id=account, currency="EUR")).id == account
fund = FundRequest(amount=3_000_000_000, currency="EUR")
told["posted"] = accounts.deposit("customer-17", "d", fund).posted

asked = payment(2_500_000_000, reference="invoice 2041", metadata={"order": "2041"})
paid = payments.create_payment("p-0", asked, prefer="wait=10")
told["paid"] = {
    "status": paid.status.value,
    "amount": paid.amount,
    "reference": paid.reference,
    "description": paid.description,
    "metadata": paid.metadata,
    "decline_reason": paid.decline_reason,
}
assert paid.status is PaymentStatus.SETTLED
told["declined"] = payments.create_payment("p-1", payment(900_000_000)).decline_reason
told["refused"] = [
    code(payments.create_payment, "p-2", payment(1, "nobody")),
    code(payments.create_payment, "p-0", payment(1)),
    code(stranger.create_payment, "p-2", payment(1)),
]
told["statement"] = [entry.amount for entry in accounts.list_entries("merchant-3").items]
items = [
    BatchPaymentRequest(
        idempotency_key=f"b-{to}", debtor="customer-17", creditor=to, amount=7, currency="EUR"
    )
    for to in ("merchant-3", "nobody")
]
results = batches.create_payment_batch(items).results
told["batch"] = ["payment" if one.payment else one.problem.code for one in results]

told["pages"], cursor = [], None
while True:
    page = payments.list_payments(debtor="customer-17", limit=2, cursor=cursor)
    told["pages"].append([item.amount for item in page.items])
    if (cursor := page.next_cursor) is None:
        break
print(json.dumps(told))
