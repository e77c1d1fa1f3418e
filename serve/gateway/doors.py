"""Everything that the gateway serves. A new endpoint is a module with a Family and a line here."""

from headrace.serve.gateway.accounts import account_batches, accounts, entries, funding
from headrace.serve.gateway.events import events
from headrace.serve.gateway.health import health
from headrace.serve.gateway.identity import api_keys, tenants
from headrace.serve.gateway.payments import decisions, movements, payment_batches, payments
from headrace.serve.http.route import Family

_MODULES = (
    payments, movements, decisions, payment_batches, accounts, account_batches, funding,
    entries, events, api_keys, tenants, health,
)  # fmt: skip

FAMILIES: tuple[Family, ...] = tuple(dict.fromkeys(module.FAMILY for module in _MODULES))
"""In the order of the reference; several modules may add to one."""

_PLACES = {module.__name__: place for place, module in enumerate(_MODULES)}
for _family in FAMILIES:
    _family.routes.sort(key=lambda route: _PLACES[route.handler.__module__])
