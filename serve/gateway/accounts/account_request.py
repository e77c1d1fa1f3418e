"""Accounts as clients open, limit and fund them, and as partitions are told to."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from headrace.runtime.keys.text_digest import TextDigest
from headrace.runtime.money import currency_number
from headrace.runtime.payments import fingerprint
from headrace.runtime.payments.command import ChangeAccount, Fund, OpenAccount
from headrace.runtime.refusals import Refusal
from headrace.serve.gateway.details import details
from headrace.serve.gateway.fields import (
    AccountId,
    Amount,
    CountLimit,
    CreditLine,
    Currency,
    Description,
    Limit,
    Metadata,
    Reference,
)
from headrace.serve.http.forms import FIELD_REFUSALS
from headrace.serve.http.problems import Problem


class LimitsRequest(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What an account may pay. A day is a UTC day, counted when a payment is authorised."""

    payment_max: Limit = 0
    daily_amount_max: Limit = 0
    daily_count_max: CountLimit = 0


class AccountRequest(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A new account, under an id of yours."""

    id: AccountId
    currency: Currency
    credit_line: CreditLine = 0
    limits: LimitsRequest | UnsetType = UNSET


class BatchAccountRequest(AccountRequest, forbid_unknown_fields=True, kw_only=True):
    """A new account in a batch, with money in it if so wished."""

    opening_deposit: (
        Annotated[
            Amount,
            Meta(
                description="Deposited once, under the key `opening-deposit:<account id>`. Takes an"
                " administrator's key."
            ),
        ]
        | None
    ) = None


FIELD_REFUSALS["opening_deposit"] = Refusal.INVALID_AMOUNT


class LimitsChange(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Limits to change; those left out stay."""

    payment_max: Limit | None = None
    daily_amount_max: Limit | None = None
    daily_count_max: CountLimit | None = None


class AccountChange(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Settings to change; those left out stay."""

    credit_line: CreditLine | None = None
    limits: LimitsChange | UnsetType = UNSET


class FundRequest(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Money that enters or leaves the platform."""

    amount: Amount
    currency: Currency
    reference: Reference | None = None
    description: Description | None = None
    metadata: Metadata | None = None


_NO_LIMITS = LimitsRequest()


def known_currency(code: str) -> int:
    """The numeric code; raises Problem."""
    currency = currency_number(code)
    if currency is None:
        raise Problem(Refusal.UNKNOWN_CURRENCY, "not an ISO 4217 code of money", "currency")
    return currency


def open_command(request: AccountRequest, tenant: int, trace: bytes) -> OpenAccount:
    """Opening an account; raises Problem."""
    limits = request.limits or _NO_LIMITS
    return OpenAccount(
        tenant,
        request.id,
        known_currency(request.currency),
        request.credit_line,
        limits.payment_max,
        limits.daily_amount_max,
        limits.daily_count_max,
        trace,
    )


def change_command(change: AccountChange, tenant: int, account: str, trace: bytes) -> ChangeAccount:
    """Changing an account's settings."""
    limits = change.limits or LimitsChange()
    return ChangeAccount(
        tenant,
        account,
        credit_line=change.credit_line,
        payment_max=limits.payment_max,
        daily_amount_max=limits.daily_amount_max,
        daily_count_max=limits.daily_count_max,
        trace=trace,
    )


def fund_command(
    request: FundRequest, tenant: int, account: str, key: str, trace: bytes, digest: TextDigest, *,
    deposit: bool,
) -> Fund:  # fmt: skip
    """A deposit or withdrawal; raises Problem."""
    currency = known_currency(request.currency)
    extra = details(request.description, request.metadata)
    amount = request.amount if deposit else -request.amount
    return Fund(
        tenant,
        account,
        amount,
        currency,
        key,
        fingerprint.fund(account, amount, currency, request.reference, digest.of(extra)),
        trace,
        request.reference,
        extra,
    )


def opening_deposit(request: BatchAccountRequest, opened: OpenAccount) -> Fund | None:
    """The deposit that goes with opening an account, if any."""
    if request.opening_deposit is None:
        return None
    account, amount, currency = opened.account, request.opening_deposit, opened.currency
    return Fund(
        opened.tenant,
        account,
        amount,
        currency,
        f"opening-deposit:{account}",
        fingerprint.fund(account, amount, currency, None, None),
        opened.trace,
    )
