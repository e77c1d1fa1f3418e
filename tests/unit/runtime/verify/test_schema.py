"""What the catalogue may say, beside what areas' migrations make."""

import pytest

from headrace.runtime.areas import AREAS
from headrace.runtime.database.check import Found
from headrace.runtime.verify import schema

SCHEMAS = [area.schema() for area in AREAS if area.schema()]
VERSION, LINES = SCHEMAS[0][0], [line for _, *lines in SCHEMAS for line in lines]
KINDS = {line.split()[0] for line in LINES}


@pytest.fixture
def described(monkeypatch: pytest.MonkeyPatch):
    """Checks what a ledger says of itself."""

    async def check(*lines: str, version: str = VERSION) -> Found:
        async def describe(connection: object) -> list[str]:
            return [version, *lines]

        monkeypatch.setattr(schema, "describe", describe)
        return await schema.schema_is_the_migrations(AREAS, None)

    return check


async def test_a_schema_is_right_when_every_line_is(described) -> None:
    found = await described(*LINES)
    assert found == Found(f"{len(LINES)} parts of the schema", 0, None)


async def test_whatever_is_missing_is_wrong(described) -> None:
    assert {"table", "column", "constraint", "index", "view"} <= KINDS
    for kind in KINDS:
        missing = next(line for line in LINES if line.startswith(f"{kind} "))
        found = await described(*(line for line in LINES if line != missing))
        assert (found.wrong, found.first) == (1, f"without {missing}")


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("column journal extra bigint", 1),
        ("index journal mine CREATE UNIQUE INDEX mine ON journal (seq)", 1),
        ("index journal mine CREATE INDEX mine ON journal (seq)", 0),
        ("trigger journal mine CREATE INDEX TRIGGER", 1),
        ("table somebody_elses kind r persistence p", 0),
        ("column somebody_elses extra bigint", 0),
    ],
)
async def test_what_was_added_is_wrong_unless_it_only_makes_reading_faster(
    described, line: str, wrong: int
) -> None:
    found = await described(*LINES, line)
    assert (found.wrong, found.first) == (wrong, f"with {line}" if wrong else None)


async def test_another_server_has_other_words_for_views_and_functions(described) -> None:
    """Only those are left out, also where a line's last word is the same."""
    left_out = [line for line in LINES if line.split()[0] in schema.IN_THE_SERVERS_WORDS]
    others = [line for line in LINES if line not in left_out]
    assert left_out
    found = await described(*others, version="postgresql 99")
    assert found == Found(
        f"{len(others)} parts of the schema, views not compared: known is {VERSION}, this is"
        " postgresql 99", 0, None,
    )  # fmt: skip
    found = await described(*others[1:], version="postgresql 99")
    assert (found.wrong, found.first) == (1, f"without {others[0]}")
    (view,) = [line for line in left_out if line.startswith("view ")][:1]
    changed = " ".join([*view.split()[:2], "said otherwise"])
    assert (await described(*others, changed, version="postgresql 99")).wrong == 0
    found = await described(*(changed if line == view else line for line in LINES))
    assert found.wrong == 2
