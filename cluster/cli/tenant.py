"""`headrace tenant`: who uses the platform. Needs the operator's key."""

from typing import TYPE_CHECKING, Annotated

from typer import Argument

from headrace.cluster.cli.command import Outcome, api_command, group, listing

if TYPE_CHECKING:
    from headrace.cluster.cli.client import Api

app = group("Tenants: each has its own accounts, payments and keys. Needs the operator's key.")


@api_command(
    app,
    "create",
    "headrace tenant create shop",
    "export HEADRACE_API_KEY=$(headrace tenant create shop --json | jq -r .api_key)",
    operator=True,
)
async def create(
    api: "Api", name: Annotated[str, Argument(metavar="NAME", help="The tenant's name.")]
) -> Outcome:
    """Make a tenant and print its administrator's API key, once."""
    made = await api.post("/v1/tenants", {"name": name}, repeat=False)
    return Outcome({"tenant": made["tenant"], "api_key": made["api_key"]})


@api_command(app, "list", "headrace tenant list", operator=True)
async def list_tenants(api: "Api") -> Outcome:
    """List the tenants."""
    return listing(await api.get("/v1/tenants"), "tenant", "created_at")
