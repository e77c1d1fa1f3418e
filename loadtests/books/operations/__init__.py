"""What a world does, and how often. A new operation is a function and a line here."""

from collections.abc import Awaitable, Callable
from random import Random

from headrace.loadtests.books.operations import accounts, actions, batches, looks, payments
from headrace.loadtests.books.world import World

Operation = Callable[[World], Awaitable[None]]
OPERATIONS: tuple[tuple[int, Operation], ...] = (
    (300, payments.pay),
    (50, payments.pay_ill_formed),
    (90, payments.send_again),
    (60, payments.reuse_a_key),
    (8, payments.let_expire),
    (90, batches.pay_many),
    (30, batches.read_again),
    (100, actions.capture),
    (40, actions.cancel),
    (100, actions.refund),
    (40, actions.accept),
    (25, actions.reject),
    (70, accounts.deposit),
    (45, accounts.withdraw),
    (25, accounts.open_one),
    (25, accounts.open_again),
    (45, accounts.change),
    (30, accounts.freeze_or_thaw),
    (8, accounts.close),
    (50, looks.read_payment),
    (50, looks.read_account),
    (20, looks.read_timeline),
    (25, looks.read_statement),
    (15, looks.read_adjoining_statements),
    (15, looks.read_as_of),
    (20, looks.list_payments),
    (15, looks.find_by_key),
)
_WEIGHTS = [weight for weight, _ in OPERATIONS]
_CHOICES = [operation for _, operation in OPERATIONS]


def choose(random: Random) -> Operation:
    """One of them."""
    return random.choices(_CHOICES, _WEIGHTS)[0]
