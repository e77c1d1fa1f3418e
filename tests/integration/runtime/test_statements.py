"""Every statement of every area is one that its tables can answer."""

from importlib.resources import files

import pytest

from headrace.runtime.areas import AREAS
from headrace.runtime.database.area import Area
from headrace.runtime.database.connect import connect
from headrace.runtime.database.sql_by_name import load


def statements(area: Area) -> dict[str, str]:
    folder = files(area.package) / "sql"
    names = [f.name for f in folder.iterdir()] if folder.is_dir() else []
    return {
        f"{file}: {name}": statement
        for file in sorted(name.removesuffix(".sql") for name in names)
        for name, statement in load(area.package, file).items()
    }


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.name)
async def test_each_statement_fits_the_schema(settings, area):
    connection = await connect(settings.ledger)
    try:
        for name, statement in statements(area).items():
            try:
                await connection.prepare(statement)
            except Exception as error:
                raise AssertionError(f"{area.name}, {name}: {error}") from error
    finally:
        await connection.close()
