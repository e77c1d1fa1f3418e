"""`--map 'field=template'`: text and {columns} that make a payment's field."""

from collections.abc import Sequence
from string import Formatter
from typing import Any, NamedTuple

from headrace.cluster.cli.failures import BadInput

FIELDS = (
    "idempotency_key", "debtor", "creditor", "amount", "currency", "capture", "occurred_at",
    "expires_in_s", "reference", "description", "metadata",
)  # fmt: skip
REQUIRED = ("idempotency_key", "debtor", "creditor", "amount", "currency")

Columns = dict[str, list[Any]]


class Template(NamedTuple):
    """`{column}` alone keeps the column's values; with text around it they become text."""

    columns: tuple[str, ...]
    text: str
    """With %s where the columns go."""

    @property
    def makes_text(self) -> bool:
        """Whether a column's value becomes part of a text."""
        return self.text != "%s"

    def values(self, columns: Columns, size: int) -> list[Any]:
        """A value a row; None where one of its columns has none."""
        if not self.columns:
            return [self.text % ()] * size
        none = [None] * size
        if len(self.columns) == 1:
            column = columns.get(self.columns[0], none)
            if self.text == "%s":
                return column
            text = self.text
            if None in column:
                return [None if value is None else text % (value,) for value in column]
            return [text % (value,) for value in column]
        rows: Sequence[tuple[Any, ...]] = list(
            zip(*(columns.get(name, none) for name in self.columns), strict=True)
        )
        return [None if None in row else self.text % row for row in rows]


def parse(template: str) -> Template:
    """A template; {{ and }} are braces."""
    text, columns = "", []
    try:
        for literal, name, spec, conversion in Formatter().parse(template):
            text += literal.replace("%", "%%")
            if name is None:
                continue
            if not name or spec or conversion:
                raise ValueError("braces hold a column's name and nothing else")
            columns.append(name)
            text += "%s"
    except ValueError as error:
        raise BadInput(f"template {template!r}: {error}") from error
    return Template(tuple(columns), text)


class Mapping(NamedTuple):
    """A template for every field that the file can give."""

    templates: dict[str, Template]
    given: frozenset[str]
    """Fields mapped by the user; the others come from columns of their name."""

    @property
    def columns(self) -> list[str]:
        """The columns that are read, each once."""
        names = (name for template in self.templates.values() for name in template.columns)
        return list(dict.fromkeys(names))


def mapping(given: Sequence[str], columns: Sequence[str] | None) -> Mapping:
    """Templates of `field=template` options over a file with these columns (None: any)."""
    templates: dict[str, Template] = {}
    for option in given:
        field, equals, template = option.partition("=")
        if not equals or field not in FIELDS:
            raise BadInput(
                f"--map {option!r}: write FIELD=TEMPLATE, FIELD one of {_listed(FIELDS)}"
            )
        if field in templates:
            raise BadInput(f"--map: {field} is mapped twice")
        templates[field] = parse(template)
    mapped = frozenset(templates)
    if columns is None:
        for field in FIELDS:
            templates.setdefault(field, Template((field,), "%s"))
        return Mapping(templates, mapped)
    templates = {field: _found(field, made, columns) for field, made in templates.items()}
    for field in FIELDS:
        if field not in templates and (own := _alike(field, columns)):
            if len(own) > 1:
                raise BadInput(f"columns {_listed(own)}: say --map '{field}={{...}}'")
            templates[field] = Template((own[0],), "%s")
    lacking = [field for field in REQUIRED if field not in templates]
    if lacking:
        raise BadInput(
            f"the file has no {_listed(lacking)} column: map it, "
            f"like --map '{lacking[0]}=text-{{column}}'; its columns are {_listed(columns)}"
        )
    return Mapping(templates, mapped)


def _found(field: str, template: Template, columns: Sequence[str]) -> Template:
    """With the columns as the file writes them; BadInput where it has none or several."""
    found = []
    for name in template.columns:
        alike = [name] if name in columns else _alike(name, columns)
        if len(alike) != 1:
            has = f"has {_listed(alike)}" if alike else f"has no column {name}"
            raise BadInput(f"--map {field}: the file {has}; its columns are {_listed(columns)}")
        found += alike
    return template._replace(columns=tuple(found))


def _alike(name: str, columns: Sequence[str]) -> list[str]:
    """Columns of this name, whatever capitals and blanks they are written with."""
    return [column for column in columns if _plain(column) == _plain(name)]


def _plain(name: str) -> str:
    return "_".join(name.replace("-", " ").casefold().split())


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
