"""What the documents say of the code is so."""

import re
from pathlib import Path

import pytest

from headrace.runtime.payments.states import TRANSITIONS

ROOT = Path(__file__).parents[3]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("loadtests/*/README.md")]
PATH = re.compile(
    r"`((?:runtime|actors|serve|cluster|loadtests|tests)/[\w./-]+\.(?:py|sql|yaml|toml|md))`"
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: str(d.relative_to(ROOT)))
def test_paths_exist(document: Path) -> None:
    missing = [p for p in PATH.findall(document.read_text()) if not (ROOT / p).exists()]
    assert not missing


def test_the_table_of_states_is_the_code() -> None:
    table = re.findall(
        r"^\| (\w+) \| (\w+) \| (\w+) \| (.+) \|$", (ROOT / "ARCHITECTURE.md").read_text(), re.M
    )
    told = [row for row in table if row[:3] != ("from", "record", "to")]
    assert told == [
        (t.source.name.lower() if t.source else "new", t.kind.name.lower(), t.target.name.lower(),
         t.by)
        for t in TRANSITIONS
    ]  # fmt: skip
