"""The least rank that may do what to accounts."""

from headrace.runtime.identity.keys import Role
from headrace.serve.http.caller import Rights

RIGHTS: Rights = {
    ("open", "account"): Role.MEMBER,
    ("list", "account"): Role.MEMBER,
    ("read", "account"): Role.MEMBER,
    ("read", "statement"): Role.MEMBER,
    ("change", "account"): Role.ADMINISTRATOR,
    ("grant_credit", "account"): Role.ADMINISTRATOR,
    ("freeze", "account"): Role.ADMINISTRATOR,
    ("unfreeze", "account"): Role.ADMINISTRATOR,
    ("close", "account"): Role.ADMINISTRATOR,
    ("deposit", "account"): Role.ADMINISTRATOR,
    ("withdraw", "account"): Role.ADMINISTRATOR,
}
