"""/v1/tenants: made and listed by the platform's operator."""

from typing import Annotated

from msgspec import Meta, Struct

from headrace.runtime.identity import tenants
from headrace.runtime.refusals import Refusal
from headrace.serve.gateway.identity.problems import PROBLEMS
from headrace.serve.gateway.identity.rights import TENANT_RIGHTS
from headrace.serve.gateway.identity.words import TENANT_WORDS
from headrace.serve.gateway.services import Services
from headrace.serve.http import reply
from headrace.serve.http.forms import END, FORMS
from headrace.serve.http.names_once import decoder
from headrace.serve.http.problems import Problem
from headrace.serve.http.reply import Reply
from headrace.serve.http.request import Request
from headrace.serve.http.route import Answer, Family

NAME_PATTERN = f"^{tenants.NAME.pattern}" + END
FORMS[NAME_PATTERN] = "1 to 63 letters, digits, dots, hyphens and underscores"

TenantName = Annotated[
    str,
    Meta(
        pattern=NAME_PATTERN,
        max_length=63,
        description="1 to 63 letters, digits, dots, hyphens and underscores.",
        examples=["acme"],
    ),
]


class TenantRequest(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A new tenant."""

    name: TenantName


class NewTenant(Struct):
    """A tenant and its first key, which is an administrator's and shown only now."""

    tenant: str
    api_key: str
    key_id: str
    created_at: str


class TenantSummary(Struct):
    """A tenant."""

    tenant: str
    created_at: str


class TenantList(Struct):
    """All tenants, in the order in which they came."""

    items: list[TenantSummary]


FAMILY = Family(
    "Tenants",
    "Whose accounts, payments and keys something is. No tenant sees or moves what is another's.",
    rights=TENANT_RIGHTS,
    problems=PROBLEMS,
    words=TENANT_WORDS,
)
_decoder = decoder(TenantRequest)
_CREATED_AT = "2026-03-01T08:00:00.000000Z"


@FAMILY.route(
    "POST",
    "/v1/tenants",
    "Make a tenant",
    "The answer holds the key of its first administrator. Keep it: it is never shown again.",
    Answer(
        201,
        "The tenant was made.",
        NewTenant,
        {
            "tenant": "acme",
            "api_key": "hr_3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "key_id": "0197f2a4-1c22-7a90-b3c4-9d8e7f6a5b4c",
            "created_at": _CREATED_AT,
        },
    ),
    right=("create", "tenant"),
    body=TenantRequest,
    body_example={"name": "acme"},
    refusals=(Refusal.TENANT_EXISTS,),
)
async def create_tenant(services: Services, request: Request) -> Reply:
    asked = await request.json(_decoder)
    with services.admission.reads:
        try:
            tenant, key = await tenants.create(services.pool, asked.name)
        except tenants.TenantExists:
            raise Problem(Refusal.TENANT_EXISTS, field="name") from None
    return reply.json(201, NewTenant(tenant.name, key.api_key or "", key.id, tenant.created_at))


@FAMILY.route(
    "GET",
    "/v1/tenants",
    "List tenants",
    "All of them, in the order in which they came.",
    Answer(
        200, "The tenants.", TenantList, {"items": [{"tenant": "acme", "created_at": _CREATED_AT}]}
    ),
    right=("list", "tenant"),
)
async def list_tenants(services: Services, request: Request) -> Reply:
    with services.admission.reads:
        found = await tenants.list_tenants(services.pool)
    return reply.json(200, TenantList([TenantSummary(t.name, t.created_at) for t in found]))
