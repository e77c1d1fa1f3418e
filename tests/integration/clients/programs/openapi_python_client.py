"""The story, as told by a client that openapi-python-client generated (package `generated`)."""

import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
from generated import AuthenticatedClient
from generated.api.accounts import deposit, list_entries, open_account
from generated.api.payment_batches import create_payment_batch
from generated.api.payments import create_payment, list_payments
from generated.models import (
    AccountRequest,
    BatchPaymentRequest,
    FundRequest,
    PaymentRequest,
    PaymentRequestMetadata,
    PaymentStatus,
    Problem,
    ProblemCode,
)

URL, KEY = os.environ["HEADRACE_URL"], os.environ["HEADRACE_API_KEY"]
told: dict[str, Any] = {}


def client(key: str = KEY) -> AuthenticatedClient:
    return AuthenticatedClient(base_url=URL, token=key)


def payment(amount: int, creditor: str = "merchant-3", **more: Any) -> PaymentRequest:
    return PaymentRequest(
        debtor="customer-17", creditor=creditor, amount=amount, currency="EUR", **more
    )


def pay(key: str, body: PaymentRequest, api_key: str = KEY) -> Any:
    with client(api_key) as c:
        return create_payment.sync(client=c, body=body, idempotency_key=key, prefer="wait=10")


def code(answer: Any) -> str:
    assert isinstance(answer, Problem), answer
    return ProblemCode(answer.code).value


with client() as c:
    for account in ("customer-17", "merchant-3"):
        body = AccountRequest(id=account, currency="EUR")
        assert open_account.sync(client=c, body=body).id == account
    fund = FundRequest(amount=3_000_000_000, currency="EUR")
    told["posted"] = deposit.sync("customer-17", client=c, body=fund, idempotency_key="d").posted

metadata = PaymentRequestMetadata.from_dict({"order": "2041"})
paid = pay("p-0", payment(2_500_000_000, reference="invoice 2041", metadata=metadata))
told["paid"] = {
    "status": paid.status.value,
    "amount": paid.amount,
    "reference": paid.reference,
    "description": paid.description,
    "metadata": paid.metadata.to_dict(),
    "decline_reason": paid.decline_reason,
}
assert paid.status is PaymentStatus.SETTLED
told["declined"] = pay("p-1", payment(900_000_000)).decline_reason
told["refused"] = [
    code(pay("p-2", payment(1, "nobody"))),
    code(pay("p-0", payment(1))),
    code(pay("p-2", payment(1), "hr_unknown")),
]
with client() as c:
    statement = list_entries.sync("merchant-3", client=c)
    told["statement"] = [entry.amount for entry in statement.items]
    items = [
        BatchPaymentRequest(
            idempotency_key=f"b-{to}", debtor="customer-17", creditor=to, amount=7, currency="EUR"
        )
        for to in ("merchant-3", "nobody")
    ]
    results = create_payment_batch.sync(client=c, body=items).results
    told["batch"] = ["payment" if one.payment else one.problem.code for one in results]

    told["pages"], cursor = [], None
    while True:
        asked = {"cursor": cursor} if cursor else {}
        page = list_payments.sync(client=c, debtor="customer-17", limit=2, **asked)
        told["pages"].append([item.amount for item in page.items])
        if (cursor := page.next_cursor) is None:
            break


def every_refusal(document: dict[str, Any]) -> int:
    """Each problem of each operation reaches the user with its code; how many there are."""
    seen = 0
    for methods in document["paths"].values():
        for operation in methods.values():
            tag = operation["tags"][0].lower().replace(" ", "_")
            module = import_module(f"generated.api.{tag}.{operation['operationId']}")
            for status, answer in operation["responses"].items():
                content = answer.get("content", {}).get("application/problem+json", {})
                for name in content.get("examples", {}):
                    example = document["components"]["examples"][name]["value"]
                    response = httpx.Response(int(status), json=example)
                    assert code(module._build_response(client=client(), response=response).parsed)
                    seen += 1
    return seen


if len(sys.argv) > 1:
    assert every_refusal(json.loads(Path(sys.argv[1]).read_text())) > 255
print(json.dumps(told))
