"""Examples of answers, as the API document shows them; a test holds them against their schemas."""

from typing import Any

from headrace.serve.gateway.examples import AT, PAYMENT_ID, RECORD_ID, TRACE_ID

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
        "id": RECORD_ID,
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
