"""cluster/SETTINGS.md: every variable with its default, bounds and meaning, made of the schemas.

`python -m headrace.runtime.settings.reference` writes it to standard output; a test says that the
file is what this makes.
"""

from collections.abc import Iterator
from inspect import cleandoc
from typing import Any

from headrace.runtime.environment import COMMAND_LINE
from headrace.runtime.settings.registry import Settings
from headrace.runtime.settings.section import Section, variable

Json = dict[str, Any]

_HEAD = """\
# Settings

Each is an environment variable of every process of a platform: of `headrace up` on a laptop, of
the pods on a cluster. A variable that begins with `HEADRACE_` and is none of these ends the start
with the nearest name; a value that can't be read, or that contradicts another, ends it too. `_s` is
seconds, `_max` is the most of something that there may be.

<!-- Made by `python -m headrace.runtime.settings.reference`; don't edit it. -->
"""


def page(settings: type[Settings] = Settings) -> str:
    """The whole page, in Markdown."""
    parts = [_HEAD, *(_area(area) for area in settings.areas().values())]
    own = [f"| `{name}` | {_cell(meaning)} |" for name, meaning in COMMAND_LINE.items()]
    title = "## The command line\n\nRead by its options; the platform does not look at them.\n"
    parts.append("\n".join([title, "| variable | meaning |", "|---|---|", *own]) + "\n")
    return "\n".join(parts)


def _area(area: type[Section]) -> str:
    schema = area.model_json_schema()
    lines = [
        f"## {schema['title'].removesuffix('Settings')}",
        "",
        cleandoc(schema["description"]),
        "",
        "| variable | default | bounds | meaning |",
        "|---|---|---|---|",
    ]
    for name, field in schema["properties"].items():
        default = f"`{field['default']}`" if field["default"] != "" else ""
        meaning = _cell(field.get("description", ""))
        lines.append(
            f"| `{variable(name)}` | {default} | {', '.join(_bounds(field))} | {meaning} |"
        )
    return "\n".join(lines) + "\n"


def _bounds(field: Json) -> Iterator[str]:
    if "enum" in field:
        yield " ".join(f"`{value}`" for value in field["enum"])
    if "minimum" in field:
        yield f"at least {field['minimum']}"
    if "exclusiveMinimum" in field:
        yield f"more than {field['exclusiveMinimum']:g}"
    if "maximum" in field:
        yield f"at most {field['maximum']}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


if __name__ == "__main__":
    print(page(), end="")
