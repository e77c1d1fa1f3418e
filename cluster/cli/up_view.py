"""What `headrace up` and `status` show to people."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from headrace.cluster.local.credentials import Credentials

DEBTOR, CREDITOR = "demo-payer", "demo-shop"
DEMO_ACCOUNTS = [
    {"id": DEBTOR, "currency": "EUR", "opening_deposit": 1_000_000},
    {"id": CREDITOR, "currency": "EUR"},
]
"""Every start makes sure of them."""


def welcome(data: dict[str, Any], keys: "Credentials", detached: bool) -> RenderableType:
    """Where everything is and a line to paste."""
    table = Table.grid(padding=(0, 2))
    table.add_row("API", data["url"])
    table.add_row("Reference", data["docs_url"])
    table.add_row(
        "Ray dashboard", f"{data['dashboard_url']}  (token: {data['data_dir']}/ray.token)"
    )
    parts: list[RenderableType] = [
        Text(f"Headrace is up, {data['ready_after_s']} s after its start.", style="bold"), table
    ]  # fmt: skip
    if played := data.get("played"):
        counts = ", ".join(
            f"{played[name]} {name}" for name in ("settled", "declined", "in_review")
        )
        rate = played["payments_per_s"]
        parts += ["", f"Played {played['submitted']} payments, {rate:,.0f} a second: {counts}."]
    parts += ["", Text("Pay something:", style="bold"), Text(curl(keys), no_wrap=True), ""]
    how = "`headrace down` stops it" if detached else "Ctrl-C stops it"
    parts.append(f"{how}; nothing is lost.")
    return Group(*parts)


def curl(keys: "Credentials") -> str:
    """Creates a payment, another one each time it is pasted."""
    body = f'{{"debtor": "{DEBTOR}", "creditor": "{CREDITOR}", "amount": 1250, "currency": "EUR"}}'
    return (
        f"curl -s {keys.url}/v1/payments -H 'Authorization: Bearer {keys.api_key}' "
        "-H 'Content-Type: application/json' -H \"Idempotency-Key: $(date +%s%N)\" "
        f"-d '{body}'"
    )


def status_table(data: dict[str, Any]) -> RenderableType:
    """The platform's addresses, then a line a part."""
    head = Table.grid(padding=(0, 2))
    for name in ("phase", "url", "docs_url", "dashboard_url", "data_dir", "pid"):
        head.add_row(Text(name.replace("_", " "), style="dim"), str(data[name]))
    if data["legs_parked"] is None:
        head.add_row(Text("legs parked", style="dim"), "unknown: the ledger did not say in time")
    elif data["legs_parked"]:
        told = f"{data['legs_parked']}, see `headrace leg list`"
        head.add_row(Text("legs parked", style="dim"), Text(told, style="red bold"))
    parts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for process in data["processes"]:
        parts[process["part"]].append(process)
    table = Table(box=None, header_style="dim", pad_edge=False)
    for column in ("part", "processes", "memory MB", "CPU s"):
        table.add_column(column, justify="left" if column == "part" else "right")
    for part, its in sorted(parts.items()):
        memory, cpu = sum(p["memory_mb"] for p in its), sum(p["cpu_s"] for p in its)
        table.add_row(part, str(len(its)), f"{memory:.1f}", f"{cpu:.1f}")
    total = (str(len(data["processes"])), f"{data['memory_mb']:.1f}", f"{data['cpu_s']:.1f}")
    table.add_row("all", *total, style="bold")
    return Group(head, "", table)
