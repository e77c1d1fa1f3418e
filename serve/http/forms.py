"""The forms of text that requests are held to, and what each asks for in words.

A pattern ends in END because Python's `$` alone lets one trailing newline pass; the OpenAPI
document shows `$`, which is the same in ECMA's dialect.
"""

from enum import IntEnum
from typing import Annotated

from msgspec import Meta

END = r"$(?!\n)"

FORMS: dict[str, str] = {}
"""What each pattern asks for, in words."""
FIELD_REFUSALS: dict[str, IntEnum] = {}
"""Of fields whose ill form has a refusal of its own, by the field's name."""


def form(pattern: str, says: str, example: str, length_max: int) -> Meta:
    """Text of 1 to `length_max` characters that a pattern describes, and `says` in words."""
    FORMS[pattern] = says
    return Meta(
        pattern=pattern,
        min_length=1,
        max_length=length_max,
        description=says[:1].upper() + says[1:] + ".",
        examples=[example],
    )


KEY_PATTERN = "^[!-~]{1,255}" + END
IdempotencyKey = Annotated[
    str, form(KEY_PATTERN, "1 to 255 visible ASCII characters", "order-2041", 255)
]
