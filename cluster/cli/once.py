"""The idempotency key of a command that moves money."""

from typing import Annotated

from typer import Option

from headrace.cluster.cli.address import checked_header
from headrace.cluster.cli.streams import say

KeyOption = Annotated[
    str | None,
    Option(
        "--key",
        "--idempotency-key",
        help="Idempotency key: the same command with the same key is carried out once. "
        "Default: a new one.",
    ),
]


def key_or_new(key: str | None) -> str:
    """The key given, or a new one, said on standard error so that the command can be repeated.
    Raises BadInput."""
    if key is None:
        from uuid_utils import uuid7

        key = str(uuid7())
        say(f"idempotency key {key}")
    return checked_header(key, "--key")
