"""Text of others, shown: what has no form of its own to be seen by is shown as an escape.

Control characters (C0, C1) move the cursor, clear the terminal and rename its window; bidi ones
let text be read in another order than it stands; format characters, fillers and blanks other than
the space can't be seen at all. Letters, marks, symbols and the space stay as they are.
"""

import re

_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Printable to Python, and yet nothing to see: Unicode's Default_Ignorable_Code_Point
(DerivedCoreProperties.txt) beyond format characters, and the empty braille cell."""

_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def is_seen(text: str) -> bool:
    """Whether every character of it shows itself, or is a space."""
    return text.isprintable() and _UNSEEN.search(text) is None


def printable(text: str, keep: str = "") -> str:
    r"""`text` with `\x1b`, `\u202e`, `\U000e0001` for what can't be seen; `keep` stays."""
    if is_seen(text):
        return text
    return "".join(c if c in keep or is_seen(c) else _SHORT.get(c) or _escape(c) for c in text)


def printable_json(line: str, encoding: str = "utf-8") -> str:
    r"""The same JSON on one line, with `\u202e` for what can't be seen or `encoding` can't write.

    Outside of strings JSON has nothing that is escaped but line ends, which become spaces.
    """
    try:
        line.encode(encoding)
        if is_seen(line):
            return line
        written = True
    except UnicodeEncodeError:
        written = False
    return "".join(
        c if (written or c.isascii()) and is_seen(c) else " " if c in "\n\r\t" else _json_escape(c)
        for c in line
    )


def _escape(character: str) -> str:
    point = ord(character)
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))
