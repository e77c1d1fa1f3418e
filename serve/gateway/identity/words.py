"""What tenants and their keys mean to readers of the API document."""

from headrace.serve.http.reference.vocabulary import MOMENT, UUID, Json

KEY_WORDS: dict[str, dict[str, Json]] = {
    "ApiKey": {
        "id": UUID,
        "created_at": MOMENT,
        "expires_at": MOMENT | {"description": "Null: never."},
        "revoked_at": MOMENT,
        "api_key": {"description": "The key itself, only in the answer that makes it."},
    },
}
TENANT_WORDS: dict[str, dict[str, Json]] = {
    "NewTenant": {"key_id": UUID, "created_at": MOMENT},
    "TenantSummary": {"created_at": MOMENT},
}
