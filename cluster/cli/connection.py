"""Connections to the API, and what their errors mean: a mistake of ours to mend, or a wait."""

import ssl

import httpx

from headrace.cluster.cli.failures import BadInput, of_system
from headrace.cluster.cli.printable import printable

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 60.0
CONNECTIONS_MAX = 64

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST"})
"""OpenSSL's reasons where plain HTTP answers."""


def new_client(url: str, api_key: str) -> httpx.AsyncClient:
    """Raises BadInput where the environment names a proxy or certificates that can't be used."""
    base = httpx.URL(url)
    try:
        return httpx.AsyncClient(
            base_url=base,
            headers={"Authorization": f"Bearer {api_key}", "User-Agent": "headrace"},
            timeout=httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S, pool=None),
            limits=httpx.Limits(max_connections=CONNECTIONS_MAX),
            trust_env=base.host not in LOOPBACK,
            verify=base.scheme == "https",
        )
    except (ValueError, ImportError, httpx.InvalidURL):  # which may name the proxy's password
        raise BadInput(
            "HTTP_PROXY, HTTPS_PROXY or ALL_PROXY names no proxy that can be used: "
            "write it like http://proxy:3128"
        ) from None
    except OSError as error:
        raise BadInput(f"SSL_CERT_FILE or SSL_CERT_DIR: {of_system(error)}") from error


def mistaken(error: httpx.RequestError, url: str) -> str:
    """What no other try mends, in words; empty for anything else."""
    if isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol):
        return f"a request that can't be sent to {url}"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the certificate of {url} is not trusted: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError) and cause.reason in NO_TLS:
            return f"{url} speaks no TLS: is it http://?"
        cause = cause.__cause__ or cause.__context__
    return ""


def named(error: httpx.RequestError) -> str:
    """With the system's words for why there is no connection, such as a host that isn't known."""
    words = str(error) if isinstance(error, httpx.ConnectError) else ""
    name = type(error).__name__
    return printable(f"{name}: {words}") if words else name
