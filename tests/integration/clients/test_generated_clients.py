"""Clients that strangers' generators make of /openapi.json compile, pay, are refused, and page.

Each program in programs/ tells the same story in its client's own words: it opens two accounts,
deposits more than 32 bits hold, pays, is declined and refused, sends a batch and pages a list. It
prints as JSON what its client made of the answers.
"""

import asyncio
import json
import os
import re
import shutil
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.house import House, listening

from .generators import CLIENTS, DOCUMENT, HERE, TOOLS, Client, environment

COMMAND_S_MAX = 900
"""Far out: the first `mvn` and `go` on a machine fetch what they build with."""
MADE_BY_HAND = "TESTS_ALL_CLIENTS"
"""Set by `make clients`: those too that take more than CI has time for."""
TOLD = {
    "posted": 3_000_000_000,
    "paid": {
        "status": "settled",
        "amount": 2_500_000_000,
        "reference": "invoice 2041",
        "description": None,
        "metadata": {"order": "2041"},
        "decline_reason": None,
    },
    "declined": "insufficient_funds",
    "refused": ["unknown_account", "key_reused", "unauthenticated"],
    "statement": [2_500_000_000],
    "batch": ["payment", "unknown_account"],
}
LISTED = [7, 900_000_000, 2_500_000_000]
"""The payments that were made, newest first, on pages of at most two."""
NAMED = re.compile(r"^\s*(?:export )?(?:public )?(?:class|interface|type|enum) (\w+)", re.MULTILINE)
LEFTOVER = re.compile(r"\d{3}Response|Type\d|Inner$|(?:Any|One|All)Of|Inline|_\d+$")
"""Names that generators make of schemas that have none."""


def there_is_what(client: Client) -> None:
    """Skips what this machine cannot run, and fails where CI should."""
    if not (TOOLS / "node" / "node_modules").is_dir():
        assert "CI" not in os.environ, "make .venv/installed-clients comes before the tests"
        pytest.skip("make .venv/installed-clients installs the generators")
    if client.needs and MADE_BY_HAND not in os.environ:
        pytest.skip("make clients runs it: it takes minutes to fetch what it compiles with")
    for program in client.needs:
        assert shutil.which(program), f"{client.name} needs {program}"


async def run(command: tuple[str, ...], folder: Path, env: dict[str, str]) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=env, stdout=PIPE, stderr=STDOUT
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), COMMAND_S_MAX)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, f"{' '.join(command)}:\n{output.decode()[-8_000:]}"
    return output.decode()


def lay(client: Client, folder: Path, document: str) -> None:
    """Puts everything in place that its commands name."""
    (folder / DOCUMENT).write_text(document)
    for name in client.files:
        shutil.copy(HERE / name, folder)
    if client.program.endswith(".ts"):
        config = json.loads((folder / "tsconfig.json").read_text())
        config["files"] = [client.program]
        (folder / "tsconfig.json").write_text(json.dumps(config))
        (folder / "node_modules").symlink_to(TOOLS / "node" / "node_modules")


def names(generated: Path) -> set[str]:
    files = [generated] if generated.is_file() else generated.rglob("*.*")
    texts = (f.read_text() for f in files if f.suffix in (".py", ".ts", ".java", ".go"))
    return {name for text in texts for name in NAMED.findall(text)}


@pytest.mark.parametrize("client", CLIENTS, ids=[client.name for client in CLIENTS])
async def test_a_generated_client_pays_is_refused_and_pages(
    client: Client, house: House, tmp_path: Path
) -> None:
    there_is_what(client)
    async with listening(house) as url:
        env = environment(url, house.tokens["administrator"])
        async with httpx.AsyncClient() as http:
            document = (await http.get(f"{url}/openapi.json")).text
        lay(client, tmp_path, document)
        output = await run(client.generate, tmp_path, env)
        assert left_out(output) == []
        found = names(tmp_path / client.generated)
        assert {"Problem", "ProblemCode", "Payment"} <= found or client.generated == "generated.ts"
        assert {name for name in found if LEFTOVER.search(name)} == set()
        shutil.copy(HERE / "programs" / client.program, tmp_path / client.place)
        await run(client.compile, tmp_path, env)
        printed = re.search(r"\{.*\}", await run(client.run, tmp_path, env))
    assert printed is not None
    told: dict[str, Any] = json.loads(printed[0])
    pages = told.pop("pages")
    assert told == TOLD
    assert [amount for page in pages for amount in page] == LISTED
    assert len(pages) > 1
    assert max(map(len, pages)) <= 2


def left_out(output: str) -> list[str]:
    """What a generator said that it could not take; newline-delimited JSON is nobody's but ours."""
    said = re.findall(r"^(?:Cannot|Unsupported|Unable|.*omitted).*$", output, re.MULTILINE)
    return [line for line in said if line != "Unsupported content type application/x-ndjson"]
