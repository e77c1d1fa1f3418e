"""Examples of answers, as the API document shows them; a test holds them against their schemas."""

from typing import Any

from headrace.serve.gateway.examples import AT, PAYMENT_ID, RECORD_ID

ACCOUNT: dict[str, Any] = {
    "id": "customer-17",
    "currency": "EUR",
    "state": "open",
    "posted": 250000,
    "held": 1250,
    "available": 248750,
    "credit_line": 0,
    "limits": {"payment_max": 0, "daily_amount_max": 500000, "daily_count_max": 0},
    "opened_at": "2026-03-01T08:30:00.000000Z",
    "as_of": "2026-03-01T12:00:00.000000Z",
}

ENTRY: dict[str, Any] = {
    "id": RECORD_ID,
    "at": AT,
    "kind": "settled",
    "payment": PAYMENT_ID,
    "counterparty": "merchant-3",
    "amount": -1250,
    "held_amount": 0,
    "currency": "EUR",
    "posted": 248750,
    "held": 0,
    "reference": "invoice 2041",
    "description": None,
}

DEPOSIT: dict[str, Any] = {
    "id": "b41f0c5a9d2e4e6f8a7c3b1d0e9f2a64",
    "kind": "deposit",
    "account": "customer-17",
    "amount": 250000,
    "currency": "EUR",
    "posted": 250000,
    "held": 0,
    "idempotency_key": "topup-9",
    "reference": "bank transfer 4711",
    "description": None,
    "metadata": None,
    "created_at": "2026-03-01T08:31:00.000000Z",
}
