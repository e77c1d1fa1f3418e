"""Whom a request speaks for, and the rank that each right takes.

A route names what it does, an action, and to which kind of resource. A table behind it (`Rights`,
one an area) says the least rank that may.
"""

from collections.abc import Mapping

from msgspec import Struct

from headrace.runtime.identity.keys import Role
from headrace.runtime.refusals import Refusal
from headrace.serve.http.problems import Problem

Right = tuple[str, str]
"""An action and a kind of resource."""
Rights = Mapping[Right, Role | None]
"""The least that a caller must be; None: nobody is asked who they are."""

_RANK = {Role.MEMBER: 1, Role.ADMINISTRATOR: 2, Role.OPERATOR: 3}
_ARTICLE = {
    Role.MEMBER: "a member's",
    Role.ADMINISTRATOR: "an administrator's",
    Role.OPERATOR: "an operator's",
}


class Caller(Struct, frozen=True):
    """Whom a request speaks for; an operator that acts for no tenant has None."""

    role: Role
    tenant: int | None
    tenant_name: str | None
    key_id: bytes
    """Of the API key, 16 bytes."""


def require(caller: Caller, least: Role) -> None:
    """Raises Problem(FORBIDDEN) when the caller's rank is less than `least`."""
    if _RANK[caller.role] < _RANK[least]:
        raise Problem(Refusal.FORBIDDEN, f"this takes {_ARTICLE[least]} key")
