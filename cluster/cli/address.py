"""Where requests go and with which key, checked before the first: no other try mends these.

What is wrong is said without the value: a URL may hold a password, and a key be given as one.
"""

import re
from urllib.parse import quote, urlsplit

from headrace.cluster.cli.failures import BadInput
from headrace.cluster.cli.printable import is_seen

SCHEMES = ("http", "https")

_NOT_IN_TOKEN = re.compile(r"[^A-Za-z0-9._~+/=-]")
"""RFC 6750, section 2.1, b64token: what a bearer token is made of."""
_NOT_IN_HEADER = re.compile(r"[^!-~]")
"""Keys, positions, media types: visible ASCII, as the API takes them."""
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+(%[A-Za-z0-9._-]+)?")
_NAMES = {"\n": "a line break", "\r": "a carriage return", "\t": "a tab", " ": "a space"}


def checked_key(key: str, source: str) -> str:
    """An API key that a header can hold; BadInput names its `source` and never the key."""
    if not key.strip():
        raise BadInput(f"{source} is blank")
    if wrong := _wrong(_NOT_IN_TOKEN, key):
        raise BadInput(f"{source} {wrong}, which no API key does")
    return key


def checked_header(value: str, source: str) -> str:
    """A header's value, and its `source` for people."""
    if not value:
        raise BadInput(f"{source} is blank")
    if wrong := _wrong(_NOT_IN_HEADER, value):
        raise BadInput(f"{source} {wrong}: it is of visible ASCII characters")
    return value


def checked_url(url: str, source: str) -> str:
    """The base URL that requests' paths are put behind; BadInput names its `source`."""
    if wrong := _wrong_with_url(url):
        raise BadInput(f"{source} {wrong}: write it like http://127.0.0.1:8080")
    scheme, _, rest = url.partition("://")
    return f"{scheme.lower()}://{rest}".rstrip("/")


def request_path(collection: str, id: str, *rest: str) -> str:
    """`/v1/payments/ID/rest`; an id may hold any character, and never means another path."""
    if not id:
        raise BadInput("the id is blank")
    segment = quote(id, safe="")
    if not id.strip("."):
        segment = segment.replace(".", "%2E")
    return "/".join((f"/v1/{collection}", segment, *rest))


def _wrong(never: re.Pattern[str], value: str) -> str:
    """`holds a line break at its end`."""
    found = never.search(value)
    if found is None:
        return ""
    name = _NAMES.get(found[0]) or f"U+{ord(found[0]):04X}"
    place = {0: "at its start", len(value) - 1: "at its end"}.get(found.start(), "inside")
    return f"holds {name} {place}"


def _wrong_with_url(url: str) -> str:
    scheme, has_scheme, rest = url.partition("://")
    rules = (
        (not url.strip(), "is blank"),
        (any(c.isspace() or not is_seen(c) for c in url), "holds blanks or what can't be seen"),
        (not has_scheme, "has no scheme, http:// or https://"),
        (scheme.lower() not in SCHEMES, "has another scheme than http and https"),
        ("@" in rest.partition("/")[0], "holds a user or a password, which the API doesn't know"),
        ("?" in rest or "#" in rest, "holds a query or a fragment"),
    )
    return next((words for broken, words in rules if broken), "") or _wrong_with_host(url)


def _wrong_with_host(url: str) -> str:
    from httpx import URL, InvalidURL

    try:
        if urlsplit(url).port == 0:
            raise ValueError
    except ValueError:
        return "has no port from 1 to 65535, or an unclosed ["
    try:
        host = URL(url).raw_host.decode("ascii")
        host.encode("idna")  # as it will be looked up
    except (InvalidURL, KeyError, ValueError):
        host = ""
    return "" if _HOST.fullmatch(host) else "names no host that there can be"
