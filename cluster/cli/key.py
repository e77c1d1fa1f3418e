"""`headrace key`: the API keys of the tenant whose key is used."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from headrace.cluster.cli.address import request_path
from headrace.cluster.cli.command import Outcome, api_command, group, listing
from headrace.cluster.cli.duration import seconds

if TYPE_CHECKING:
    from headrace.cluster.cli.client import Api

app = group("API keys. A key is shown once, when it is made; the platform keeps only its digest.")

KeyId = Annotated[str, Argument(metavar="KEY_ID", help="The key's id, not the key.")]


class Role(StrEnum):
    """Administrators also deposit, withdraw, set limits, decide reviews and manage keys."""

    MEMBER = "member"
    ADMINISTRATOR = "administrator"


@api_command(
    app,
    "create",
    "headrace key create --role member --label till-7 --expires-in 90d",
    "headrace key create --role administrator --label reviewer",
    "headrace key create --expires-at 2027-01-31T00:00:00Z --json",
)
async def create(
    api: "Api",
    role: Annotated[Role, Option(help="What the key may do.")] = Role.MEMBER,
    label: Annotated[str | None, Option(help="A name to know it by.")] = None,
    expires_in: Annotated[
        str | None, Option(metavar="DURATION", help="For how long: 12h, 90d. Default: no end.")
    ] = None,
    expires_at: Annotated[str | None, Option(metavar="TIME", help="Until when, ISO 8601.")] = None,
) -> Outcome:
    """Make a key and print it, once."""
    body = {
        "role": role.value,
        "label": label,
        "expires_in_s": seconds(expires_in) if expires_in is not None else None,
        "expires_at": expires_at,
    }
    sent = {name: value for name, value in body.items() if value is not None}
    return Outcome(await api.post("/v1/api-keys", sent, repeat=False))


@api_command(app, "list", "headrace key list")
async def list_keys(api: "Api") -> Outcome:
    """List keys, without their secrets."""
    page = await api.get("/v1/api-keys")
    return listing(page, "id", "role", "label", "created_at", "expires_at", "revoked_at")


@api_command(app, "rotate", "headrace key rotate KEY_ID --grace 1h")
async def rotate(
    api: "Api",
    key_id: KeyId,
    grace: Annotated[
        str, Option(metavar="DURATION", help="How long the old key still works.")
    ] = "0s",
) -> Outcome:
    """Replace a key by a new one and print it, once."""
    body = {"grace_s": seconds(grace)}
    return Outcome(await api.post(request_path("api-keys", key_id, "rotate"), body, repeat=False))


@api_command(app, "revoke", "headrace key revoke KEY_ID")
async def revoke(api: "Api", key_id: KeyId) -> Outcome:
    """End a key."""
    await api.json("DELETE", request_path("api-keys", key_id))
    return Outcome({"id": key_id, "revoked": True})
