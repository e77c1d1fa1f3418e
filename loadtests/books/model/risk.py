"""Risk as the client's own rules file makes it: foreseeable by the amount alone.

The model still scores every payment, but its card's thresholds are out of reach.
"""

REVIEW_FROM = 2_000_000
"""Minor units, as the rules file's 20,000.00."""
REJECT_FROM = 8_000_000
FREE_FROM = 9_000_000
"""Beyond, payments are let pass: the edges of numbers are looked at there."""
DEGRADED_ACCEPT_MAX = 5_000
RULES = """
[[rules]]
name = "to be reviewed"
effect = "review"
flag = "rule_amount"
when.amount = { at_least = 20_000.0, below = 80_000.0 }

[[rules]]
name = "to be rejected"
effect = "reject"
flag = "rule_amount"
when.amount = { at_least = 80_000.0, below = 90_000.0 }
"""


def outcome_of(amount: int, *, degraded: bool) -> str:
    """accept, review or reject."""
    if degraded:
        return "accept" if amount <= DEGRADED_ACCEPT_MAX else "reject"
    if REVIEW_FROM <= amount < REJECT_FROM:
        return "review"
    return "reject" if REJECT_FROM <= amount < FREE_FROM else "accept"
