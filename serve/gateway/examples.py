"""Examples of answers, as the API document shows them; a test holds them against their schemas."""

from typing import Any

PAYMENT_ID = "0197f2a4-6a00-7c31-9b52-3e1d0c4f0003"
AT = "2026-03-01T12:00:00.000000Z"
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"

PAYMENT: dict[str, Any] = {
    "id": PAYMENT_ID,
    "status": "settled",
    "debtor": "customer-17",
    "creditor": "merchant-3",
    "amount": 1250,
    "currency": "EUR",
    "capture": "automatic",
    "idempotency_key": "order-2041",
    "reference": "invoice 2041",
    "description": None,
    "metadata": {"order": "2041"},
    "decline_reason": None,
    "risk": {"outcome": "accept", "score": 31, "model": 1, "reasons": []},
    "risk_degraded": False,
    "held_amount": 0,
    "captured_amount": 1250,
    "refunded_amount": 0,
    "refundable_amount": 1250,
    "created_at": AT,
    "updated_at": AT,
    "occurred_at": AT,
    "expires_at": None,
    "trace_id": TRACE_ID,
    "movements": [],
}

TIMELINE: list[dict[str, Any]] = [
    {
        "id": "3:1187",
        "kind": "settled",
        "at": AT,
        "status": "settled",
        "amount": 1250,
        "movement": None,
        "decline_reason": None,
        "idempotency_key": "order-2041",
        "trace_id": TRACE_ID,
    }
]

_CAPTURE = {
    "id": f"{PAYMENT_ID}:1",
    "kind": "capture",
    "amount": 800,
    "status": "settled",
    "decline_reason": None,
    "created_at": "2026-03-01T18:30:00.000000Z",
    "idempotency_key": "shipment-77",
}
CAPTURED: dict[str, Any] = {
    "id": f"{PAYMENT_ID}:1",
    "amount": 800,
    "status": "settled",
    "payment": {
        **PAYMENT,
        "status": "partially_captured",
        "capture": "manual",
        "held_amount": 450,
        "captured_amount": 800,
        "refundable_amount": 800,
        "updated_at": "2026-03-01T18:30:00.000000Z",
        "expires_at": "2026-03-08T12:00:00.000000Z",
        "movements": [_CAPTURE],
    },
}
REFUNDED: dict[str, Any] = {
    "id": f"{PAYMENT_ID}:1",
    "amount": 250,
    "status": "pending",
    "payment": {
        **PAYMENT,
        "refundable_amount": 1000,
        "updated_at": "2026-03-04T09:15:00.000000Z",
        "movements": [
            {
                "id": f"{PAYMENT_ID}:1",
                "kind": "refund",
                "amount": 250,
                "status": "pending",
                "decline_reason": None,
                "created_at": "2026-03-04T09:15:00.000000Z",
                "idempotency_key": "return-12",
            }
        ],
    },
}
CANCELLED: dict[str, Any] = {
    **PAYMENT,
    "status": "cancelled",
    "capture": "manual",
    "captured_amount": 0,
    "refundable_amount": 0,
    "expires_at": "2026-03-08T12:00:00.000000Z",
}

BATCH_ID = "0197f2a4-7b10-7d02-8a11-5f2e9a6b0c0d"
BATCH: dict[str, Any] = {
    "id": BATCH_ID,
    "results": [
        {
            "status": 201,
            "payment": {
                "id": PAYMENT_ID,
                "status": "settled",
                "idempotency_key": "salary-1",
                "risk_score": 31,
                "risk_degraded": False,
            },
        },
        {
            "status": 404,
            "problem": {
                "type": "/problems/unknown_account",
                "title": "Unknown account",
                "status": 404,
                "code": "unknown_account",
                "errors": [{"field": "creditor", "reason": "Unknown account"}],
            },
        },
    ],
}

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
    "as_of": None,
}

ENTRY: dict[str, Any] = {
    "id": "3:1187",
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
    "id": "3:1042",
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

EVENT = (
    '{"specversion":"1.0","id":"3:1187","source":"/v1/events",'
    f'"type":"com.headrace.payment.settled","subject":"{PAYMENT_ID}","time":"{AT}",'
    '"datacontenttype":"application/json","tenant":"acme",'
    f'"data":{{"payment":"{PAYMENT_ID}","status":"settled","amount":1250,"currency":"EUR",'
    '"debtor":"customer-17","creditor":"merchant-3","idempotency_key":"order-2041",'
    f'"trace_id":"{TRACE_ID}"}}}}'
)
