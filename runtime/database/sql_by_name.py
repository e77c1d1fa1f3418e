"""SQL by name: each `.sql` file beside a module holds statements that begin with `-- name: ...`."""

import re
from importlib.resources import files

from headrace.runtime.journal.in_sql import expand

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


def load(package: str, file: str) -> dict[str, str]:
    """The statements of `sql/<file>.sql` in a package, in the order of the file, with figures for
    the words of runtime/journal/in_sql.py."""
    text = expand((files(package) / "sql" / f"{file}.sql").read_text("utf-8"))
    head, *parts = _NAME.split(text)
    names, bodies = parts[::2], parts[1::2]
    if any(line and not line.startswith("--") for line in head.splitlines()):
        raise ValueError(f"{file}.sql: a statement without a name")
    if len(set(names)) != len(names):
        raise ValueError(f"{file}.sql: a name twice")
    return {name: body.strip().removesuffix(";") for name, body in zip(names, bodies, strict=True)}
