"""A request as handlers see it: who asks, for what, with which headers."""

import re
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec

from headrace.runtime.refusals import Refusal
from headrace.serve.http.admission import Admission, Receive
from headrace.serve.http.caller import Caller
from headrace.serve.http.decoding import convert, decode
from headrace.serve.http.forms import FORMS, KEY_PATTERN
from headrace.serve.http.headers import by_name
from headrace.serve.http.names_once import repeated
from headrace.serve.http.problems import Problem
from headrace.serve.http.traceparent import trace_id

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)

NDJSON = (b"application/x-ndjson", b"application/ndjson", b"application/jsonl")
ITEM_BYTES = 200
"""A plain payment of a batch has somewhat less."""
_JSON = b"application/json"
_BOM = b"\xef\xbb\xbf"
"""A reader may skip it (RFC 8259, section 8.1), and spreadsheets write it."""
_KEY = re.compile(KEY_PATTERN)
_QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
"""A string as structured fields have it (RFC 9651, section 3.3.3)."""
_ESCAPED = re.compile(r"\\(.)")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_WAIT = re.compile(rb"(?:^|[,;])\s*wait\s*=\s*(\d{1,6})\s*(?=$|[,;])", re.IGNORECASE)


class Request:
    """One HTTP request. Its body is read when a handler asks for it."""

    __slots__ = (
        "_admission", "_query", "_receive", "caller", "headers", "method", "params", "path",
        "repeated", "trace",
    )  # fmt: skip

    def __init__(
        self, scope: MutableMapping[str, Any], receive: Receive, path: str, admission: Admission
    ) -> None:
        self.method: str = scope["method"]
        self.path = path
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.repeated = ""
        """A header that stands twice and may not."""
        if len(self.headers) != len(scope["headers"]):
            self.headers, self.repeated = by_name(scope["headers"])
        self.params: dict[str, str] = {}
        self.trace = trace_id(self.headers.get(b"traceparent"))
        self.caller: Caller | None = None
        self._query: bytes = scope.get("query_string", b"")
        self._receive = receive
        self._admission = admission

    @property
    def tenant(self) -> int:
        """The tenant whose data the request is about."""
        if self.caller is None or self.caller.tenant is None:
            raise Problem(
                Refusal.FORBIDDEN, "an operator names the tenant it acts for", "Headrace-Tenant"
            )
        return self.caller.tenant

    @property
    def by(self) -> bytes:
        """The id of the API key that asks, 16 bytes; empty where none is asked for."""
        return self.caller.key_id if self.caller else b""

    async def body(self, ndjson: bool = False) -> tuple[bytes, bool]:
        """The bytes without a byte-order mark, and whether they are NDJSON (only where `ndjson`
        allows it)."""
        media = self.headers.get(b"content-type", _JSON).partition(b";")[0].strip().lower()
        lines = ndjson and media in NDJSON
        if media != _JSON and not lines:
            allowed = "application/json" + (" or application/x-ndjson" if ndjson else "")
            raise Problem(Refusal.UNSUPPORTED_MEDIA_TYPE, f"send {allowed}", "Content-Type")
        if self.headers.get(b"content-encoding", b"identity") != b"identity":
            raise Problem(Refusal.UNSUPPORTED_MEDIA_TYPE, "send it plain", "Content-Encoding")
        declared = self.headers.get(b"content-length")
        told = await self._admission.body(self._receive, declared)
        return told.removeprefix(_BOM), lines

    def items_expected(self, most: int) -> int:
        """About how many items the body has, by its length alone; 1 to `most`."""
        declared = self.headers.get(b"content-length", b"")
        return min(most, int(declared) // ITEM_BYTES + 1) if declared.isdigit() else 1

    async def json(self, decoder: msgspec.json.Decoder[T], absent: bytes | None = None) -> T:
        """The body as the decoder's type; `absent` stands in for no body at all."""
        body, _ = await self.body()
        return decode(decoder, body if body or absent is None else absent)

    def query(self, kind: type[S]) -> S:
        """The query parameters as a struct, in which moments are UTC's; raises Problem."""
        try:
            pairs = parse_qsl(
                self._query.decode("latin-1"), keep_blank_values=True, max_num_fields=50
            )
        except ValueError:
            raise Problem(Refusal.INVALID_FIELD, "too many parameters", "query") from None
        values = dict(pairs)
        if len(values) != len(pairs):
            names = [name for name, _ in pairs]
            raise repeated(next(name for name in names if names.count(name) > 1))
        asked = convert(values, kind)
        for field in msgspec.structs.fields(kind):
            moment = getattr(asked, field.name)
            if isinstance(moment, datetime):
                setattr(asked, field.name, in_utc(moment, field.encode_name))
        return asked

    def idempotency_key(self) -> str:
        """The header's key; raises Problem without one."""
        key = self.optional_idempotency_key()
        if key is None:
            raise Problem(Refusal.IDEMPOTENCY_KEY_MISSING, "required", "Idempotency-Key")
        return key

    def optional_idempotency_key(self) -> str | None:
        """The header's key, None without one. Quoted, as draft-ietf-httpapi-idempotency-key-header
        has it, or bare, it is the same key."""
        header = self.headers.get(b"idempotency-key")
        if header is None:
            return None
        key = header.decode("latin-1")
        if key[:1] == '"':
            quoted = _QUOTED.fullmatch(key)
            key = _ESCAPED.sub(r"\1", quoted[1]) if quoted else ""
        if not _KEY.match(key):
            raise Problem(
                Refusal.INVALID_FIELD,
                f"must be {FORMS[KEY_PATTERN]}, bare or in quotation marks",
                "Idempotency-Key",
            )
        return key

    def wait_s(self, most: float) -> float:
        """How long `Prefer: wait=N` lets the answer take, at most `most`; 0 without it."""
        header = self.headers.get(b"prefer")
        found = _WAIT.search(header) if header else None
        return min(float(found[1]), most) if found else 0.0

    def uuid(self, name: str) -> bytes | None:
        """A path parameter that is a UUID, as 16 bytes; None when it is none."""
        text = self.params[name]
        return UUID(text).bytes if _UUID.fullmatch(text) else None


def in_utc(moment: datetime, field: str) -> datetime:
    """The same moment with UTC's offset; Problem where UTC has no such year."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise Problem(
            Refusal.INVALID_FIELD, "must lie between the years 1 and 9999 of UTC", field
        ) from None
