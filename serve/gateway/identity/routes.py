"""What is served of tenants and their keys."""

from headrace.serve.gateway.identity import api_keys, tenants
from headrace.serve.http.route import of_modules

FAMILIES = of_modules(api_keys, tenants)
