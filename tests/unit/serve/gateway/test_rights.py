"""The right of every route: a new one is added here deliberately, or this fails."""

from headrace.runtime.identity.keys import Role
from headrace.serve.gateway.doors import DOORS
from headrace.serve.http.door import routes

ADMINISTRATOR, MEMBER, OPERATOR, ANYBODY = Role.ADMINISTRATOR, Role.MEMBER, Role.OPERATOR, None
KEYED, NAMED = "Idempotency-Key required", "Idempotency-Key names the batch"
RIGHTS = {
    ("POST", "/v1/payments"): ("create", "payment", MEMBER, KEYED),
    ("GET", "/v1/payments"): ("list", "payment", MEMBER, ""),
    ("GET", "/v1/payments/{payment}"): ("read", "payment", MEMBER, ""),
    ("GET", "/v1/payments/{payment}/timeline"): ("read", "payment", MEMBER, ""),
    ("POST", "/v1/payments/{payment}/captures"): ("capture", "payment", MEMBER, KEYED),
    ("POST", "/v1/payments/{payment}/refunds"): ("refund", "payment", MEMBER, KEYED),
    ("POST", "/v1/payments/{payment}/cancel"): ("cancel", "payment", MEMBER, KEYED),
    ("POST", "/v1/payments/{payment}/accept"): ("review", "payment", ADMINISTRATOR, KEYED),
    ("POST", "/v1/payments/{payment}/reject"): ("review", "payment", ADMINISTRATOR, KEYED),
    ("POST", "/v1/payment-batches"): ("create", "payment_batch", MEMBER, NAMED),
    ("GET", "/v1/payment-batches/{batch}"): ("read", "payment_batch", MEMBER, ""),
    ("GET", "/v1/payment-batches"): ("read", "payment_batch", MEMBER, ""),
    ("POST", "/v1/accounts"): ("open", "account", MEMBER, ""),
    ("GET", "/v1/accounts"): ("list", "account", MEMBER, ""),
    ("GET", "/v1/accounts/{account}"): ("read", "account", MEMBER, ""),
    ("PATCH", "/v1/accounts/{account}"): ("change", "account", ADMINISTRATOR, ""),
    ("POST", "/v1/accounts/{account}/freeze"): ("freeze", "account", ADMINISTRATOR, ""),
    ("POST", "/v1/accounts/{account}/unfreeze"): ("unfreeze", "account", ADMINISTRATOR, ""),
    ("POST", "/v1/accounts/{account}/close"): ("close", "account", ADMINISTRATOR, ""),
    ("POST", "/v1/account-batches"): ("open", "account", MEMBER, ""),
    ("POST", "/v1/accounts/{account}/deposits"): ("deposit", "account", ADMINISTRATOR, KEYED),
    ("POST", "/v1/accounts/{account}/withdrawals"): ("withdraw", "account", ADMINISTRATOR, KEYED),
    ("GET", "/v1/accounts/{account}/entries"): ("read", "statement", MEMBER, ""),
    ("GET", "/v1/events"): ("read", "event", MEMBER, ""),
    ("POST", "/v1/api-keys"): ("create", "api_key", ADMINISTRATOR, ""),
    ("GET", "/v1/api-keys"): ("list", "api_key", ADMINISTRATOR, ""),
    ("POST", "/v1/api-keys/{key}/rotate"): ("rotate", "api_key", ADMINISTRATOR, ""),
    ("DELETE", "/v1/api-keys/{key}"): ("revoke", "api_key", ADMINISTRATOR, ""),
    ("POST", "/v1/tenants"): ("create", "tenant", OPERATOR, ""),
    ("GET", "/v1/tenants"): ("list", "tenant", OPERATOR, ""),
    ("GET", "/healthz"): ("read", "health", ANYBODY, ""),
    ("GET", "/readyz"): ("read", "health", ANYBODY, ""),
    ("GET", "/metrics"): ("read", "metrics", ANYBODY, ""),
    ("GET", "/openapi.json"): ("read", "reference", ANYBODY, ""),
    ("GET", "/docs"): ("read", "reference", ANYBODY, ""),
    ("GET", "/static/{file}"): ("read", "reference", ANYBODY, ""),
    ("GET", "/problems"): ("read", "reference", ANYBODY, ""),
    ("GET", "/problems/{code}"): ("read", "reference", ANYBODY, ""),
}
"""Method and path: what is done to what kind of resource, the least rank that may, and what its
Idempotency-Key is for."""

ROUTES = routes(DOORS)


def test_every_route_has_the_right_that_is_written_here() -> None:
    served = {
        (r.method, r.path): (
            r.action, r.resource, r.least, KEYED if r.keyed else NAMED if r.batch_keyed else "",
        )
        for r in ROUTES
    }  # fmt: skip
    assert served == RIGHTS
    assert len(served) == len(ROUTES)


def test_a_keyed_answer_says_when_it_is_a_replay() -> None:
    for route in ROUTES:
        told = {name for answer in route.answers for name, _ in answer.headers}
        assert ("Idempotent-Replayed" in told) == route.keyed, route.path


def test_no_right_is_written_twice_or_for_nothing() -> None:
    families = [family for door in DOORS for family in door.families]
    written = [right for family in families for right in family.rights]
    assert len(written) == len(set(written))
    beside = {("grant_credit", "account")}
    """Of fields, not of routes."""
    assert set(written) == {(route.action, route.resource) for route in ROUTES} | beside
