"""/v1/api-keys: a tenant's keys, managed by its administrators."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from headrace.runtime.identity import keys
from headrace.runtime.identity.keys import ApiKey, Role
from headrace.runtime.refusals import Refusal
from headrace.serve.gateway.fields import Label, Moment
from headrace.serve.gateway.identity.rights import KEY_RIGHTS
from headrace.serve.gateway.identity.words import KEY_WORDS
from headrace.serve.gateway.services import Services
from headrace.serve.http import reply
from headrace.serve.http.names_once import decoder
from headrace.serve.http.problems import Problem
from headrace.serve.http.reference.vocabulary import UUID_TYPE
from headrace.serve.http.reply import Reply
from headrace.serve.http.request import Request, in_utc
from headrace.serve.http.route import Answer, Family, PathParameter

YEARS_10_S = 10 * 365 * 24 * 3600
GRACE_MAX_S = 30 * 24 * 3600


class KeyRequest(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A new key; of `expires_at` and `expires_in_s` at most one."""

    role: Annotated[
        Role, Meta(description="An operator that acts for no tenant makes operators' keys.")
    ] = Role.MEMBER
    label: Label = ""
    expires_at: Moment | None = None
    expires_in_s: Annotated[int, Meta(ge=1, le=YEARS_10_S)] | None = None


class RotateRequest(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """How a key gives way to its successor."""

    grace_s: Annotated[
        int, Meta(ge=0, le=GRACE_MAX_S, description="How long the old key stays good.")
    ] = 0


class KeyList(Struct):
    """A tenant's keys, newest first, ended ones too; never the keys themselves."""

    items: list[ApiKey]


FAMILY = Family(
    "API keys",
    "Keys are shown once, when they are made; the platform keeps only their SHA-256.",
    rights=KEY_RIGHTS,
    parameters={
        "key": PathParameter("The API key's id.", UUID_TYPE, "0197f2a4-1c22-7a90-b3c4-9d8e7f6a5b4c")
    },
    words=KEY_WORDS,
)
_decoder = decoder(KeyRequest)
_rotate_decoder = decoder(RotateRequest)
_EXAMPLE = {
    "id": "0197f2a4-1c22-7a90-b3c4-9d8e7f6a5b4c",
    "role": "member",
    "label": "checkout",
    "created_at": "2026-03-01T08:00:00.000000Z",
    "expires_at": "2026-06-01T08:00:00.000000Z",
    "revoked_at": None,
    "api_key": "hr_3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
}


def _owner(request: Request) -> int | None:
    """Whose keys are meant: the tenant's, or the operators' when one acts for no tenant."""
    return request.caller.tenant if request.caller else None


@FAMILY.route(
    "POST",
    "/v1/api-keys",
    "Create an API key",
    "The answer holds the key itself. Keep it: it is never shown again.",
    Answer(201, "The key was made.", ApiKey, _EXAMPLE),
    right=("create", "api_key"),
    body=KeyRequest,
    body_example={"role": "member", "label": "checkout", "expires_in_s": 7948800},
)
async def create_api_key(services: Services, request: Request) -> Reply:
    asked = await request.json(_decoder)
    owner = _owner(request)
    if (owner is None) != (asked.role is Role.OPERATOR):
        raise Problem(
            Refusal.INVALID_FIELD,
            "an operator's key belongs to no tenant, any other to one",
            "role",
        )
    expires_at = asked.expires_at
    if asked.expires_in_s is not None:
        if expires_at is not None:
            raise Problem(Refusal.INVALID_FIELD, "give this or expires_in_s", "expires_at")
        expires_at = datetime.now(UTC) + timedelta(seconds=asked.expires_in_s)
    if expires_at is not None:
        expires_at = in_utc(expires_at, "expires_at")
    if expires_at is not None and expires_at <= datetime.now(UTC):
        raise Problem(Refusal.INVALID_FIELD, "is in the past", "expires_at")
    with services.admission.reads:
        made = await keys.create(
            services.pool, owner, asked.role, label=asked.label, expires_at=expires_at
        )
    return reply.json(201, made)


@FAMILY.route(
    "GET",
    "/v1/api-keys",
    "List API keys",
    "Newest first, ended ones too.",
    Answer(200, "The keys.", KeyList, {"items": [{**_EXAMPLE, "api_key": None}]}),
    right=("list", "api_key"),
)
async def list_api_keys(services: Services, request: Request) -> Reply:
    with services.admission.reads:
        return reply.json(200, KeyList(await keys.list_keys(services.pool, _owner(request))))


@FAMILY.route(
    "POST",
    "/v1/api-keys/{key}/rotate",
    "Rotate an API key",
    "Makes a successor with the same role, label and time to live. The old key stays good for"
    " `grace_s` seconds more.",
    Answer(201, "The successor.", ApiKey, _EXAMPLE),
    right=("rotate", "api_key"),
    body=RotateRequest,
    body_example={"grace_s": 3600},
    body_required=False,
    refusals=(Refusal.NOT_FOUND,),
)
async def rotate_api_key(services: Services, request: Request) -> Reply:
    asked = await request.json(_rotate_decoder, absent=b"{}")
    with services.admission.reads:
        made = await keys.rotate(
            services.pool, _owner(request), _key_id(request), grace_s=asked.grace_s
        )
    if made is None:
        raise Problem(Refusal.NOT_FOUND, "no such key, or it has ended")
    return reply.json(201, made)


@FAMILY.route(
    "DELETE",
    "/v1/api-keys/{key}",
    "Revoke an API key",
    "Ends it for good. Gateways may honour it for a few seconds more.",
    Answer(204, "It is revoked."),
    right=("revoke", "api_key"),
    refusals=(Refusal.NOT_FOUND,),
)
async def revoke_api_key(services: Services, request: Request) -> Reply:
    with services.admission.reads:
        found = await keys.revoke(services.pool, _owner(request), _key_id(request))
    if not found:
        raise Problem(Refusal.NOT_FOUND, "no such key")
    return Reply(204, b"", [])


def _key_id(request: Request) -> str:
    return request.params["key"].lower()
