"""Every door of the gateway. A new area is a folder and a name here, a new door a row.

What a door says of an area (its families, with their rights, problems and words) it has from the
area itself.
"""

from headrace.serve.gateway.accounts import routes as accounts
from headrace.serve.gateway.events import events
from headrace.serve.gateway.health import health
from headrace.serve.gateway.identity import routes as identity
from headrace.serve.gateway.payments import routes as payments
from headrace.serve.gateway.reference import pages as reference
from headrace.serve.gateway.services import Services
from headrace.serve.http.door import Ask, Door


def _by_api_key(services: Services) -> Ask:
    return services.authentication.caller


DOORS: tuple[Door, ...] = (
    Door(
        prefix="/v1/",
        families=(*payments.FAMILIES, *accounts.FAMILIES, events.FAMILY, *identity.FAMILIES),
        ask=_by_api_key,
    ),
    Door(prefix="/", families=(health.FAMILY, reference.FAMILY)),
)
"""In the order of the reference."""
