"""What areas add to the schemas of the API document: names, words and values of fields."""

from collections.abc import Iterable, Mapping
from typing import Any

from headrace.serve.http.route import Family

Json = dict[str, Any]

MOMENT = {"format": "date-time"}
UUID = {"format": "uuid"}
UUID_TYPE: Json = {"type": "string", **UUID}

TEXTS: Json = {"title": "Metadata", "additionalProperties": {"type": "string"}}
"""A map that may be null; its title is what clients call it."""


def one_of(*names: str) -> Json:
    """One of these values, and never another in this version."""
    return {"type": "string", "enum": list(names)}


def today(says: str, *names: str) -> Json:
    """A list that grows, as constants for clients."""
    return one_of(*names) | {"description": f"{says} today; more may come."}


def among(says: str, values: Json) -> Json:
    """Text of such a list. The field is no `enum`: a client that was generated before would fail on
    what is new, though it could do without; and generators take no enum that holds null."""
    listed = ", ".join(f"`{name}`" for name in values["enum"])
    return {"description": f"{says} One of {listed}; more may come."}


def named(name: str) -> Json:
    """A list that a family gives a name."""
    return {"$ref": f"#/components/schemas/{name}"}


def minor(says: str) -> Json:
    """An amount of money."""
    return {"description": f"{says}, in minor units."}


class Vocabulary:
    """All that some families say of their schemas."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._names = {"ProblemDetails": "Problem"}
        self._words: dict[str, Mapping[str, Json]] = {}
        self._lists: dict[str, Json] = {}
        for family in families:
            self._names |= family.names
            self._words |= family.words
            self._lists |= family.lists

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
                properties[field] = words if "$ref" in words else properties[field] | words
        return told_all | {name: {"title": name, **schema} for name, schema in self._lists.items()}

    def renamed(self, name: str) -> str:
        """The document's name of a schema."""
        return self._names.get(name, name)
