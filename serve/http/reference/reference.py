"""What the doors say about themselves; each text is made when first asked for."""

from collections.abc import Sequence
from functools import cached_property

import orjson

from headrace.serve.http.door import Door
from headrace.serve.http.reference import page
from headrace.serve.http.reference.openapi import document


class Reference:
    """The document about all families that are to be told, and its page. `guide`: the text before
    the document's parts, in the Markdown of pages.html."""

    def __init__(self, doors: Sequence[Door], guide: str = "") -> None:
        self._families = [family for door in doors for family in door.families if family.told]
        self._guide = guide

    @cached_property
    def openapi(self) -> bytes:
        """The document."""
        return orjson.dumps(document(self._families, self._guide))

    @cached_property
    def docs(self) -> str:
        """The page."""
        return page.page(document(self._families, self._guide))
