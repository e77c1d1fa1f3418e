"""Everything that the gateway serves. A new endpoint is a module with a Family and a line here."""

from headrace.serve.gateway import (
    account_batches,
    accounts,
    api_keys,
    decisions,
    events,
    funding,
    health,
    movements,
    payment_batches,
    payments,
    statements,
    tenants,
)
from headrace.serve.gateway.route import Family

_MODULES = (
    payments, movements, decisions, payment_batches, accounts, account_batches, funding,
    statements, events, api_keys, tenants, health,
)  # fmt: skip

FAMILIES: tuple[Family, ...] = tuple(dict.fromkeys(module.FAMILY for module in _MODULES))
"""In the order of the reference; several modules may add to one."""

_PLACES = {module.__name__: place for place, module in enumerate(_MODULES)}
for _family in FAMILIES:
    _family.routes.sort(key=lambda route: _PLACES[route.handler.__module__])
