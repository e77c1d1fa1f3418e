"""Generated requests against /openapi.json: no server error, no answer outside the document."""

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .conftest import listening

if TYPE_CHECKING:
    from .conftest import House

SECONDS_MAX = 60
CONFIG = """
[checks]
positive_data_acceptance.enabled = false

[[operations]]
include-operation-id = "stream_events"
parameters = { follow = "false" }

[[operations]]
include-operation-id = "create_payment_batch"
checks = { negative_data_rejection = { enabled = false } }

[[operations]]
include-operation-id = "open_accounts"
checks = { negative_data_rejection = { enabled = false } }
"""
"""A stream that follows has no end; a batch's items are refused one by one, in a 200."""


async def test_no_answer_outside_the_document(house: "House", tmp_path: Path) -> None:
    await house.open("customer-17", "customer-18", "merchant-3", "acme-payroll", "employee-1")
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    async with listening(house) as url:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json",
            "--header", f"Authorization: Bearer {house.tokens['operator']}",
            "--header", "Headrace-Tenant: acme",
            "--phases", "examples,coverage,fuzzing",
            "--max-examples", "25",
            "--max-response-time", "10",
            "--request-timeout", "10",
            "--continue-on-failure",
            "--seed", "20260301",
            cwd=tmp_path,
            env={**os.environ, "NO_COLOR": "1", "PYTHONUTF8": "1"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            output, _ = await asyncio.wait_for(process.communicate(), SECONDS_MAX + 60)
        finally:
            if process.returncode is None:
                process.kill()
    assert process.returncode == 0, output.decode()
