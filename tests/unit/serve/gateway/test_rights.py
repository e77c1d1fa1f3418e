"""The right of every route: a new one is added here deliberately, or this fails."""

from headrace.runtime.identity.keys import Role
from headrace.serve.gateway.doors import FAMILIES
from headrace.serve.gateway.reference.pages import pages

ADMINISTRATOR, MEMBER, OPERATOR, ANYBODY = Role.ADMINISTRATOR, Role.MEMBER, Role.OPERATOR, None
KEYED, NAMED = "Idempotency-Key required", "Idempotency-Key names the batch"
RIGHTS = {
    ("POST", "/v1/payments"): (MEMBER, KEYED),
    ("GET", "/v1/payments"): (MEMBER, ""),
    ("GET", "/v1/payments/{payment}"): (MEMBER, ""),
    ("GET", "/v1/payments/{payment}/timeline"): (MEMBER, ""),
    ("POST", "/v1/payments/{payment}/captures"): (MEMBER, KEYED),
    ("POST", "/v1/payments/{payment}/refunds"): (MEMBER, KEYED),
    ("POST", "/v1/payments/{payment}/cancel"): (MEMBER, KEYED),
    ("POST", "/v1/payments/{payment}/accept"): (ADMINISTRATOR, KEYED),
    ("POST", "/v1/payments/{payment}/reject"): (ADMINISTRATOR, KEYED),
    ("POST", "/v1/payment-batches"): (MEMBER, NAMED),
    ("GET", "/v1/payment-batches/{batch}"): (MEMBER, ""),
    ("GET", "/v1/payment-batches"): (MEMBER, ""),
    ("POST", "/v1/accounts"): (MEMBER, ""),
    ("GET", "/v1/accounts"): (MEMBER, ""),
    ("GET", "/v1/accounts/{account}"): (MEMBER, ""),
    ("PATCH", "/v1/accounts/{account}"): (ADMINISTRATOR, ""),
    ("POST", "/v1/accounts/{account}/freeze"): (ADMINISTRATOR, ""),
    ("POST", "/v1/accounts/{account}/unfreeze"): (ADMINISTRATOR, ""),
    ("POST", "/v1/accounts/{account}/close"): (ADMINISTRATOR, ""),
    ("POST", "/v1/account-batches"): (MEMBER, ""),
    ("POST", "/v1/accounts/{account}/deposits"): (ADMINISTRATOR, KEYED),
    ("POST", "/v1/accounts/{account}/withdrawals"): (ADMINISTRATOR, KEYED),
    ("GET", "/v1/accounts/{account}/entries"): (MEMBER, ""),
    ("GET", "/v1/events"): (MEMBER, ""),
    ("POST", "/v1/api-keys"): (ADMINISTRATOR, ""),
    ("GET", "/v1/api-keys"): (ADMINISTRATOR, ""),
    ("POST", "/v1/api-keys/{key}/rotate"): (ADMINISTRATOR, ""),
    ("DELETE", "/v1/api-keys/{key}"): (ADMINISTRATOR, ""),
    ("POST", "/v1/tenants"): (OPERATOR, ""),
    ("GET", "/v1/tenants"): (OPERATOR, ""),
    ("GET", "/healthz"): (ANYBODY, ""),
    ("GET", "/readyz"): (ANYBODY, ""),
    ("GET", "/metrics"): (ANYBODY, ""),
    ("GET", "/openapi.json"): (ANYBODY, ""),
    ("GET", "/docs"): (ANYBODY, ""),
    ("GET", "/docs/style.css"): (ANYBODY, ""),
    ("GET", "/problems"): (ANYBODY, ""),
    ("GET", "/problems/{code}"): (ANYBODY, ""),
}
"""Method and path: the least role that may, and what its Idempotency-Key is for."""

ROUTES = [route for family in (*FAMILIES, pages(FAMILIES)) for route in family.routes]


def test_every_route_has_the_right_that_is_written_here() -> None:
    served = {
        (r.method, r.path): (r.role, KEYED if r.keyed else NAMED if r.batch_keyed else "")
        for r in ROUTES
    }
    assert served == RIGHTS
    assert len(served) == len(ROUTES)


def test_a_keyed_answer_says_when_it_is_a_replay() -> None:
    for route in ROUTES:
        told = {name for answer in route.answers for name, _ in answer.headers}
        assert ("Idempotent-Replayed" in told) == route.keyed, route.path
