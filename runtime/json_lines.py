"""JSON that stands on a line of its own: of a stream, of a file, of a log.

JSON escapes what is below U+0020 by itself. Three characters above are line ends to Unicode
(UAX #14), and to readers that split at all of them; within a text of JSON an escape says the same.
"""

_ESCAPES = tuple((chr(end).encode(), rb"\u%04x" % end) for end in (0x85, 0x2028, 0x2029))


def on_a_line(document: bytes) -> bytes:
    """The same document in UTF-8 without any line end."""
    for end, escape in _ESCAPES:
        document = document.replace(end, escape)
    return document
