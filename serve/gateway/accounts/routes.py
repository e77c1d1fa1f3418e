"""What is served of accounts."""

from headrace.serve.gateway.accounts import account_batches, accounts, entries, funding
from headrace.serve.http.route import of_modules

FAMILIES = of_modules(accounts, account_batches, funding, entries)
