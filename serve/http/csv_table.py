"""CSV (RFC 4180) that a spreadsheet shows and doesn't carry out.

A program that opens a table runs a text that begins like a formula, and whoever pays chooses the
text. So an apostrophe goes before what it would run, also within a text where a semicolon or tab
parts cells in another country's settings, and every text stands in quotation marks (OWASP, CSV
Injection). Numbers are ours and stay as they are, with their minus sign.
"""

import csv
import io
import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct, to_builtins

_FORMULA = re.compile("^(?=[\t\r\n])|(?:^|(?<=[;|\t\r\n]))(?=\\s*[=+@\uff1d\uff0b\uff0d\uff20-])")
"""Where one may begin: at the text's start, or behind what parts cells elsewhere. The full-width
forms of = + - @ are taken for them by spreadsheets of East Asia."""


def table(kind: type[Struct], items: Sequence[Struct]) -> bytes:
    """The items, a row each under a header of their fields' names, in UTF-8."""
    out = io.StringIO(newline="")
    rows = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC)
    rows.writerow(kind.__struct_fields__)
    for item in to_builtins(items):
        rows.writerow(map(cell, item.values()))
    return out.getvalue().encode()


def cell(value: Any) -> Any:
    """A value as it stands in the table."""
    return _FORMULA.sub("'", value) if isinstance(value, str) else value
