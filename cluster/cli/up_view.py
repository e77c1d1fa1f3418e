"""What `headrace up` and `status` show to people."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType

from headrace.cluster.cli.printable import printable
from headrace.cluster.cli.view import Fields, Rows, fields, shown

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
    where = [
        ("API", data["url"]),
        ("Reference", data["docs_url"]),
        ("Ray dashboard", f"{data['dashboard_url']}  (token: {data['data_dir']}/ray.token)"),
    ]
    parts: list[RenderableType] = [
        shown(f"Headrace is up, {data['ready_after_s']} s after its start.", "bold"),
        Fields([(name, printable(value)) for name, value in where]),
    ]
    if played := data.get("played"):
        counts = ", ".join(
            f"{played[name]} {name}" for name in ("settled", "declined", "in_review")
        )
        rate = played["payments_per_s"]
        parts += ["", f"Played {played['submitted']} payments, {rate:,.0f} a second: {counts}."]
    parts += ["", shown("Pay something:", "bold"), shown(curl(keys)), ""]
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
    head = {
        name: data[name]
        for name in ("phase", "url", "docs_url", "dashboard_url", "data_dir", "pid")
    }
    legs = data["legs_parked"]
    if legs is None:
        head["legs_parked"] = "unknown: the ledger did not say in time"
    elif legs:
        head["legs_parked"] = f"{legs}, see `headrace leg list`"
    parts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for process in data["processes"]:
        parts[process["part"]].append(process)
    table = [
        {
            "part": part,
            "processes": len(its),
            "memory_MB": round(sum(p["memory_mb"] for p in its), 1),
            "CPU_s": round(sum(p["cpu_s"] for p in its), 1),
        }
        for part, its in [*sorted(parts.items()), ("all", data["processes"])]
    ]
    table[-1] |= {"memory_MB": round(data["memory_mb"], 1), "CPU_s": round(data["cpu_s"], 1)}
    return Group(fields(head), "", Rows(table, tuple(table[-1])))
