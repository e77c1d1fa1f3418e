"""The least rank that may do what to tenants and their keys."""

from headrace.runtime.identity.keys import Role
from headrace.serve.http.caller import Rights

KEY_RIGHTS: Rights = {
    ("create", "api_key"): Role.ADMINISTRATOR,
    ("list", "api_key"): Role.ADMINISTRATOR,
    ("rotate", "api_key"): Role.ADMINISTRATOR,
    ("revoke", "api_key"): Role.ADMINISTRATOR,
}
TENANT_RIGHTS: Rights = {
    ("create", "tenant"): Role.OPERATOR,
    ("list", "tenant"): Role.OPERATOR,
}
