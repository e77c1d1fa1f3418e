"""The least rank that may do what to payments."""

from headrace.runtime.identity.keys import Role
from headrace.serve.http.caller import Rights

RIGHTS: Rights = {
    ("create", "payment"): Role.MEMBER,
    ("list", "payment"): Role.MEMBER,
    ("read", "payment"): Role.MEMBER,
    ("capture", "payment"): Role.MEMBER,
    ("refund", "payment"): Role.MEMBER,
    ("cancel", "payment"): Role.MEMBER,
    ("review", "payment"): Role.ADMINISTRATOR,
}
BATCH_RIGHTS: Rights = {
    ("create", "payment_batch"): Role.MEMBER,
    ("read", "payment_batch"): Role.MEMBER,
}
