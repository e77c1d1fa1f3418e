"""Fingerprints stand in every ledger there is: what they are of can't change."""

import pytest

from headrace.runtime.keys.text_digest import TextDigest
from headrace.runtime.payments import fingerprint
from headrace.runtime.payments.command import Act, Fund, Pay, PaymentAction

PAYMENT = bytes(range(16))
A = PaymentAction
KNOWN = 5315758498664832464
DIGEST = TextDigest(bytes(32))


def test_a_known_fingerprint_stays():
    fields = ("payment", "anna", "shop", 1250, 978, False, 0, 0, "order-2041", None)
    assert fingerprint.fingerprint(*fields) == KNOWN


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        (
            Pay(1, "a", "b", 5, 978, "k", 0, bytes(16), True, 7, 60, "r", b"{}"),
            ("payment", "a", "b", 5, 978, True, 7, 60, "r", DIGEST.of(b"{}")),
        ),
        (Fund(1, "a", -5, 978, "k", 0), ("fund", "a", -5, 978, None, None)),
        (Act(1, PAYMENT, A.CAPTURE, 5, False), ("capture", PAYMENT, 5, False)),
        (Act(1, PAYMENT, A.REFUND, 5), ("refund", PAYMENT, 5)),
        (Act(1, PAYMENT, A.CANCEL), ("cancel", PAYMENT)),
        (Act(1, PAYMENT, A.ACCEPT), ("accept", PAYMENT)),
        (Act(1, PAYMENT, A.REJECT), ("reject", PAYMENT)),
    ],
)
def test_a_commands_fingerprint_is_of_all_that_was_asked(command, fields):
    assert fingerprint.of(command, DIGEST) == fingerprint.fingerprint(*fields)


def test_a_text_without_the_ledgers_digest_has_no_fingerprint():
    with pytest.raises(ValueError, match="needs the ledger's digest"):
        fingerprint.of(Fund(1, "a", 5, 978, "k", 0, details=b"{}"))
    plain = Fund(1, "a", 5, 978, "k", 0)
    assert fingerprint.of(plain) == fingerprint.of(plain, DIGEST)


def test_the_expiry_behind_a_payments_fingerprint_is_found_or_not_there():
    asked = ("a", "b", 5, 978, False, 0)
    wanted = fingerprint.payment(*asked, 70_000, "r", None)
    assert fingerprint.expiry_behind(wanted, range(1, 80_000), *asked, "r", None) == 70_000
    assert fingerprint.expiry_behind(wanted, range(1, 70_000), *asked, "r", None) is None
    assert fingerprint.expiry_behind(wanted, [70_000], *asked, "s", None) is None
