"""The names of HEADRACE_ variables: which are ours, and what to say of one that is nobody's.

Imports nothing heavy: every command of the command line asks it. What the settings' own variables
are called is told by `runtime/settings/`.
"""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

PREFIX = "HEADRACE_"

COMMAND_LINE: Mapping[str, str] = {
    "HEADRACE_URL": "Base URL of the API; `--url` wins.",
    "HEADRACE_API_KEY": "The API key; `--api-key` wins.",
    "HEADRACE_DATA_DIR": "Data directory of a local platform; `--data-dir` wins.",
}
"""Of the command line, which reads them with its options; the platform does not."""

_LINK = re.compile(
    rf"{PREFIX}(\w+?_)??"
    r"(?P<kind>SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)"
)
_ADDRESS = re.compile(r"(tcp|udp|sctp)://")


def unknown(known: Iterable[str], environment: Mapping[str, str]) -> list[str]:
    """Variables that begin with the prefix, in any case, and are neither in `known`, nor the
    command line's, nor a Kubernetes service link; in order of their names."""
    ours = {*known, *COMMAND_LINE}
    return sorted(
        name
        for name, value in environment.items()
        if name.upper().startswith(PREFIX) and name not in ours and not _is_link(name, value)
    )


def complaint(name: str, known: Iterable[str]) -> str:
    """What is wrong with an unknown variable, with the nearest known name."""
    rests = sorted(each.removeprefix(PREFIX) for each in {*known, *COMMAND_LINE})
    near = get_close_matches(name.upper().removeprefix(PREFIX), rests, 1)
    hint = f"did you mean {PREFIX}{near[0]}?" if near else "no setting's name is near"
    return f"{name} is no setting of Headrace: {hint}"


def _is_link(name: str, value: str) -> bool:
    """Kubernetes tells each pod where the services are whose names begin with `headrace`.

    kubernetes.io/docs/concepts/services-networking/service/#environment-variables: …_SERVICE_HOST,
    …_SERVICE_PORT (also of each named port), and Docker's …_PORT=tcp://…, …_PORT_80_TCP_ADDR.
    A HEADRACE_PORT=9000 is none.
    """
    found = _LINK.fullmatch(name)
    return found is not None and (found["kind"] != "PORT" or _ADDRESS.match(value) is not None)
