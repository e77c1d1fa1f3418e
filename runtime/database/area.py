"""What an area of the platform keeps in the database.

An area is a package of runtime/, such as runtime/keys. Its tables are made by `migrations/`, its
statements stand in `sql/`, `schema.txt` is what the catalogue says once its migrations ran, and
`area.py` has an Area that tells the rest. One line in runtime/areas.py, and `headrace migrate`,
`headrace verify` and the tests find all of it.
"""

from collections.abc import Awaitable, Callable, Mapping
from enum import IntEnum
from hashlib import sha256
from importlib.resources import files
from typing import NamedTuple

from headrace.runtime.database.check import Ask, Found
from headrace.runtime.database.connect import Connection


class MigrationError(Exception):
    """The ledger and this version of the platform do not fit; `remedy` says what to do."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem}. {self.remedy}"


class Migration(NamedTuple):
    """A numbered file of an area, such as ledger/0001_journal."""

    area: str
    file: str
    sql: str

    @property
    def name(self) -> str:
        """As people are told."""
        return f"{self.area}/{self.file}"

    @property
    def number(self) -> int:
        """Its place within its area, from 1."""
        return int(self.file[:4])

    @property
    def digest(self) -> bytes:
        """SHA-256 of the file."""
        return sha256(self.sql.encode()).digest()


Founding = Callable[[Connection, int], Awaitable[None]]
"""Writes what an area's tables are born with, given the number of partitions; at later starts only
what is new."""


async def _nothing(connection: Connection, partitions: int) -> None:
    """Most areas' tables are born empty."""


async def _nothing_differs(connection: Connection) -> Found:
    return Found("nothing")


class Area(NamedTuple):
    """One area's part of the database.

    `names` says what its small numbers mean, by subject: written to the table of that name.
    `functions` are SQL functions made from figures of the code, before migrations and anew at each
    start. `differing` says what of its other tables that are written from the code is otherwise.
    `checks` are its part of `headrace verify`, of which the slowest begin first.
    """

    package: str
    names: Mapping[str, type[IntEnum]] = {}
    functions: Mapping[str, str] = {}
    founding: Founding = _nothing
    differing: Callable[[Connection], Awaitable[Found]] = _nothing_differs
    checks: Mapping[str, Ask] = {}
    slowest: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its folder's."""
        return self.package.rpartition(".")[2]

    def migrations(self) -> list[Migration]:
        """Its packaged files in the order of their numbers, which run from 1 without a gap. Raises
        MigrationError where they don't."""
        folder = files(self.package) / "migrations"
        if not folder.is_dir():
            return []
        found = sorted(
            Migration(self.name, f.name.removesuffix(".sql"), f.read_text("utf-8"))
            for f in folder.iterdir()
            if f.name.endswith(".sql")
        )
        for number, migration in enumerate(found, 1):
            if migration.number != number:
                raise MigrationError(
                    f"migration {self.name}/{number:04} is missing or there twice",
                    "Install headrace again.",
                )
        return found

    def schema(self) -> list[str]:
        """A line for the server's major version, and one for everything that it adds to the
        catalogue; none of an area without tables."""
        file = files(self.package) / "schema.txt"
        return file.read_text("utf-8").splitlines() if file.is_file() else []
