"""What areas add to the schemas of the API document: names, words and values of fields."""

from collections.abc import Iterable, Mapping
from typing import Any

from headrace.serve.http.route import Family

Json = dict[str, Any]

MOMENT = {"format": "date-time"}
UUID = {"format": "uuid"}
UUID_TYPE: Json = {"type": "string", **UUID}


def one_of(*names: str, null: bool = False) -> Json:
    """These values, and null if so wished."""
    return {"enum": [*names, *([None] if null else [])]}


def minor(says: str) -> Json:
    """An amount of money."""
    return {"description": f"{says}, in minor units."}


class Vocabulary:
    """All that some families say of their schemas."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._names = {"ProblemDetails": "Problem"}
        self._words: dict[str, Mapping[str, Json]] = {}
        for family in families:
            self._names |= family.names
            self._words |= family.words

    def told(self, components: Json) -> Json:
        """Components under the document's names, with their fields' words. Raises KeyError where
        there is no such schema or field."""
        told_all: Json = {}
        for name, schema in components.items():
            schema["title"] = self.renamed(name)
            told_all[self.renamed(name)] = schema
        for name, fields in self._words.items():
            properties = told_all[name]["properties"]
            for field, words in fields.items():
                properties[field] = _with(properties[field], words)
        return told_all

    def renamed(self, name: str) -> str:
        """The document's name of a schema."""
        return self._names.get(name, name)


def _with(schema: Json, words: Json) -> Json:
    """A field's schema with words and values; a null stays possible."""
    kinds = schema.get("anyOf", [])
    if {"type": "null"} in kinds and "format" in words:
        kinds = [
            kind | {"format": words["format"]} if kind != {"type": "null"} else kind
            for kind in kinds
        ]
        return schema | {"anyOf": kinds} | {k: v for k, v in words.items() if k != "format"}
    if "enum" in words and kinds:
        rest = {k: v for k, v in schema.items() if k != "anyOf"}
        return rest | {"type": ["string", "null"]} | words
    return schema | words
