"""What is served of payments."""

from headrace.serve.gateway.payments import decisions, movements, payment_batches, payments
from headrace.serve.http.route import of_modules

FAMILIES = of_modules(payments, movements, decisions, payment_batches)
