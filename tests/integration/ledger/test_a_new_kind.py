"""A new kind of record is one row, its decider and its transitions: no other file is edited.

In a copy of the code, of which nothing but the two tables is changed.
"""

import json
import os
import shutil
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import PIPE
from pathlib import Path

ROOT = Path(__file__).parents[3]
FOLDERS = ("actors", "cluster", "loadtests", "runtime", "serve")
ROW = """
    FEE_TAKEN = 113, Facts(
        F.PAYMENT, "The creditor took a fee.",
        Told("payment.fee_taken", "The creditor took a fee."),
        Side((W.DEBTOR,), posted=-1), Side((W.CREDITOR,), posted=1),
    )  # fmt: skip

    CREDITED = 1000"""
MOVE = """
    Transition(S.SETTLED, K.FEE_TAKEN, S.SETTLED, "creditor takes a fee"),
)

_ALLOWED ="""


def put(path: Path, place: str, text: str) -> None:
    before = path.read_text("utf-8")
    assert before.count(place) == 1
    path.write_text(before.replace(place, text), "utf-8")


async def test_a_kind_more_is_told_by_everybody(settings, tmp_path):
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, tmp_path / "headrace" / folder)
    (tmp_path / "headrace/__init__.py").touch()
    put(tmp_path / "headrace/runtime/journal/kinds.py", "\n    CREDITED = 1000", ROW)
    put(tmp_path / "headrace/runtime/payments/states.py", "\n)\n\n_ALLOWED =", MOVE)
    process = await create_subprocess_exec(
        sys.executable, str(Path(__file__).with_name("with_a_fee.py")),
        settings.ledger.database_url,
        env=os.environ | {"PYTHONPATH": str(tmp_path)}, stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    out, error = await process.communicate()
    assert process.returncode == 0, error.decode()
    told = json.loads(out)
    entry = told.pop("entry")
    assert (entry["kind"], entry["amount"], entry["posted"]) == ("fee_taken", -3, 897)
    assert (entry["held_amount"], entry["counterparty"]) == (0, "shop")
    assert told == {
        "read": True,
        "event": "com.headrace.payment.fee_taken",
        "asked for": ["FEE_TAKEN"],
        "timeline": ["settled", "fee_taken"],
        "payment": ["settled", 100, 100],
        "reference": True,
        "judge": [[], [], [], []],
        "verify": [],
        "entries": [["fee_taken", -3, 0, 897], ["fee_taken", 3, 0, 103]],
        "events": [["com.headrace.payment.fee_taken", "settled", "anna", "shop"]],
        "kinds": [["fee_taken", "payment", True, -1, 1]],
    }
