"""Field types of requests: bounds and forms as the API states them, checked while decoding."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from headrace.runtime.money import AMOUNT_MAX, BALANCE_MAX
from headrace.runtime.refusals import Refusal
from headrace.serve.http.forms import END, FIELD_REFUSALS, FORMS, form

ACCOUNT_PATTERN = "^[A-Za-z0-9][A-Za-z0-9._:@+=-]{0,127}" + END

AccountId = Annotated[
    str,
    form(
        ACCOUNT_PATTERN,
        "1 to 128 letters, digits and . _ : @ + = -, the first a letter or digit",
        "customer-17",
        128,
    ),
]
Amount = Annotated[
    int,
    Meta(
        ge=1,
        le=AMOUNT_MAX,
        description="Minor units of the currency: 1250 is 12.50 EUR. Written without fraction or"
        " exponent: `1250.0`, an integer to JSON Schema, is refused.",
        examples=[1250],
    ),
]
FIELD_REFUSALS["amount"] = Refusal.INVALID_AMOUNT
Limit = Annotated[int, Meta(ge=0, le=BALANCE_MAX, description="0: no limit.", examples=[500000])]
CountLimit = Annotated[int, Meta(ge=0, le=2**31 - 1, description="0: no limit.", examples=[50])]
CreditLine = Annotated[
    int,
    Meta(
        ge=0,
        le=BALANCE_MAX,
        description="How far the account may go below zero, in minor units. Together with its"
        f" balance at most {BALANCE_MAX}.",
        examples=[0],
    ),
]
Currency = Annotated[
    str,
    Meta(
        description="ISO 4217, three letters.",
        examples=["EUR"],
        extra_json_schema={"pattern": "^[A-Z]{3}$"},
    ),
]
Reference = Annotated[
    str,
    form(
        r"^[^\x00-\x1f\x7f]{1,140}" + END,
        "1 to 140 characters, none of them a control character",
        "invoice 2041",
        140,
    ),
]
_NO_NUL = r"^[^\x00]*$"
FORMS[_NO_NUL] = "text without NUL characters"
Description = Annotated[
    str,
    Meta(
        pattern=_NO_NUL,
        max_length=500,
        description="Free text, kept sealed. Not told any more once its subject was forgotten.",
        examples=["Two tickets"],
    ),
]
Label = Annotated[
    str, Meta(pattern=_NO_NUL, max_length=100, description="For people.", examples=["checkout"])
]
Metadata = Annotated[
    dict[
        Annotated[str, Meta(pattern=_NO_NUL, min_length=1, max_length=64)],
        Annotated[str, Meta(pattern=_NO_NUL, max_length=500)],
    ],
    Meta(
        max_length=50,
        title="Metadata",
        description="Up to 50 pairs of your own, returned as they are; kept sealed and forgotten"
        " like `description`.",
        examples=[{"order": "2041"}],
    ),
]
MetadataPair = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00]+=[^\x00]*$",
        max_length=565,
        description="A pair of `metadata`: its name, `=` and its value. Nothing is found by it any"
        " more once its subject was forgotten.",
        examples=["order=2041"],
    ),
]
FORMS[r"^[^\x00]+=[^\x00]*$"] = "a name, `=` and a value, without NUL characters"
Moment = Annotated[
    datetime,
    Meta(tz=True, description="RFC 3339 with an offset.", examples=["2026-03-01T12:00:00Z"]),
]
Seconds = Annotated[int, Meta(ge=1, le=90 * 24 * 3600, examples=[3600])]
