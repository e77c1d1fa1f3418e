"""Where a service under measurement listens, and the few calls beside the load."""

from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx

CALL_TIMEOUT_S = 60.0


class Address(NamedTuple):
    """Of an HTTP API with a bearer key; `prefix` goes before every path."""

    host: str
    port: int
    api_key: str
    tls: bool = False
    prefix: str = ""

    @classmethod
    def of_url(cls, url: str, api_key: str) -> "Address":
        """ValueError when it is no http or https URL."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is no http or https URL")
        tls = parts.scheme == "https"
        port = parts.port or (443 if tls else 80)
        return cls(parts.hostname, port, api_key, tls, parts.path.rstrip("/"))

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}{self.prefix}"

    def client(self, timeout_s: float = CALL_TIMEOUT_S) -> httpx.AsyncClient:
        """For calls that are not measured."""
        return httpx.AsyncClient(
            base_url=self.url, headers={"Authorization": f"Bearer {self.api_key}"},
            timeout=timeout_s, trust_env=False,
        )  # fmt: skip

    async def post(self, path: str, body: object, headers: dict[str, str] | None = None) -> Any:
        """The answer's JSON; httpx.HTTPStatusError when it is a refusal."""
        async with self.client() as http:
            answer = await http.post(path, json=body, headers=headers)
        return answer.raise_for_status().json()
