"""The platform whose books are checked: the real command, over a PostgreSQL of its own.

Beside `loadtests/chaos/`, whose machinery it is, the only place here that is not a client's.
"""

import shutil
from pathlib import Path
from random import Random
from typing import NamedTuple

import msgspec

from headrace.cluster.local import credentials
from headrace.loadtests.books.model.risk import RULES
from headrace.loadtests.chaos.tested_platform import TestedPlatform
from headrace.loadtests.platform_under_load import RunError

OUT_OF_REACH = {"review_from": 1_001, "reject_from": 1_002}
"""Scores end at 1000."""
TINY = {
    "HEADRACE_ACCOUNTS_IN_MEMORY_MAX": "40", "HEADRACE_PAYMENTS_IN_MEMORY_MAX": "40",
    "HEADRACE_BATCH_PAYMENTS_MAX": "40", "HEADRACE_CREDITORS_IN_MEMORY_MAX": "40",
}  # fmt: skip
"""Memory for next to nothing: every account is evicted and loaded again all the time."""


class Shape(NamedTuple):
    """How a platform is started."""

    actors: int
    tiny: bool

    def environment(self) -> dict[str, str]:
        return {"HEADRACE_ACTORS": str(self.actors), **(TINY if self.tiny else {})}


class BooksPlatform(TestedPlatform):
    """Risk judges by the amount alone (model/risk.py)."""

    def __init__(self, folder: Path, port: int, random: Random) -> None:
        super().__init__(folder, port, random)
        self.shape = Shape(1, True)
        self._rules = folder / "rules.toml"
        self._models = folder / "models"

    async def up(self) -> None:
        """In its shape; takes payments on return."""
        if not self._rules.exists():
            self._rules.write_text(RULES)
            self._copy_model()
        self.environment |= {
            **dict.fromkeys(TINY, ""),
            "HEADRACE_RISK_RULES_FILE": str(self._rules),
            "HEADRACE_RISK_MODELS_DIR": str(self._models),
            **self.shape.environment(),
        }
        self.environment = {name: value for name, value in self.environment.items() if value}
        await super().up()

    async def restart(self, shape: Shape) -> None:
        """Every process killed, and all started again in another shape."""
        self.kill_all()
        self.shape = shape
        await self.up()

    @property
    def operator_key(self) -> str:
        found = credentials.read(self.data_dir)
        if found is None:
            raise RunError(f"no credentials in {self.data_dir}")
        return found.operator_key

    def _copy_model(self) -> None:
        packaged = Path(__file__).resolve().parents[2] / "runtime" / "risk" / "models"
        shutil.copytree(packaged, self._models)
        self._models.chmod(0o755)
        for card in self._models.glob("*/model.json"):
            told = msgspec.json.decode(card.read_bytes())
            card.write_bytes(msgspec.json.encode({**told, **OUT_OF_REACH}))
