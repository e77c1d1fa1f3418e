"""Generated requests against /openapi.json: no server error, no answer outside the document."""

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .conftest import listening

if TYPE_CHECKING:
    from .conftest import House

LEDGER = "SELECT value FROM platform WHERE name = 'ledger'"
SECONDS_MAX = 1_200
"""Far out: it ends by its counts of examples, on a slow machine too."""
CONFIG = """
[[operations]]
include-operation-id = "stream_events"
parameters = { follow = "false" }
"""
"""A stream that follows has no end."""

CONFORMANCE = (
    "--phases", "examples,coverage,fuzzing",
    "--checks", "all",
    # Data of the right form can still name no account; and see below.
    "--exclude-checks", "positive_data_acceptance,negative_data_rejection",
)  # fmt: skip
REJECTION = (
    "--phases", "coverage",
    "--checks", "negative_data_rejection",
    # A batch's items are refused one by one, within a 200.
    "--exclude-operation-id", "create_payment_batch",
    "--exclude-operation-id", "open_accounts",
)  # fmt: skip
ENDS = (
    "--phases", "fuzzing",
    "--checks", "not_a_server_error,status_code_conformance,response_schema_conformance",
    *(part for id in (
        "list_accounts", "read_account", "list_entries", "list_payments", "create_payment",
        "create_api_key",
    ) for part in ("--include-operation-id", id)),
)  # fmt: skip
"""With times and cursors at their ends, where there are any."""
HOOKS = {ENDS: Path(__file__).with_name("schemathesis_ends.py")}


@pytest.mark.parametrize(
    "asked", [CONFORMANCE, REJECTION, ENDS], ids=["conformance", "rejection", "ends"]
)
async def test_no_answer_outside_the_document(
    house: "House", tmp_path: Path, asked: tuple[str, ...]
) -> None:
    await house.open("customer-17", "customer-18", "merchant-3", "acme-payroll", "employee-1")
    hooks = f'hooks = "{HOOKS[asked]}"\n' if asked in HOOKS else ""
    (tmp_path / "schemathesis.toml").write_text(hooks + CONFIG)
    async with listening(house) as url:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json", *asked,
            "--header", f"Authorization: Bearer {house.tokens['operator']}",
            "--header", "Headrace-Tenant: acme",
            "--max-examples", "20",
            "--max-response-time", "60",
            "--request-timeout", "60",
            "--continue-on-failure",
            "--seed", "20260301",
            cwd=tmp_path,
            env={
                **os.environ, "NO_COLOR": "1", "PYTHONUTF8": "1",
                "SCHEMATHESIS_HOOKS": "told_codes", "PYTHONPATH": str(Path(__file__).parent),
                "TESTS_MASTER_KEY_FILE": house.settings.keys.master_key_file,
                "TESTS_LEDGER": await house.pool.fetchval(LEDGER),
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            output, _ = await asyncio.wait_for(process.communicate(), SECONDS_MAX)
        finally:
            if process.returncode is None:
                process.kill()
    assert process.returncode == 0, output.decode()
