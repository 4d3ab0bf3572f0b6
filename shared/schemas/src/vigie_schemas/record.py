"""What every message of Vigie has in common."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from vigie_schemas.account_numbers import CARD_NUMBER_PATTERN, IBAN_PATTERN

SCHEMA_VERSION = 1

IDENTIFIER_PATTERN = "^[A-Za-z0-9._:@-]{1,64}$"

EARLIEST_TIMESTAMP_MS = 946_684_800_000  # 2000-01-01T00:00:00Z
LATEST_TIMESTAMP_MS = 4_102_444_799_999  # 2099-12-31T23:59:59.999Z


def _refuse_account_numbers(name: str) -> str:
    """Raise ValueError where an account is named by a card number or IBAN instead of a pseudonym."""
    if re.fullmatch(CARD_NUMBER_PATTERN, name) or re.fullmatch(IBAN_PATTERN, name):
        raise ValueError("looks like a card number or an IBAN: send a pseudonym")
    return name


Identifier = Annotated[str, Field(pattern=IDENTIFIER_PATTERN)]
AccountId = Annotated[
    str,
    Field(pattern=IDENTIFIER_PATTERN),
    AfterValidator(_refuse_account_numbers),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": IDENTIFIER_PATTERN,
            "not": {"anyOf": [{"pattern": CARD_NUMBER_PATTERN}, {"pattern": IBAN_PATTERN}]},
        }
    ),
]
TimestampMs = Annotated[int, Field(ge=EARLIEST_TIMESTAMP_MS, le=LATEST_TIMESTAMP_MS)]


class Record(BaseModel):
    """Base of all messages: immutable, strictly typed, tolerant of fields added later."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)

    # not Literal[1]: that takes `true` for 1
    schema_version: int = Field(ge=1, le=1, description="Version of this contract.")


class Part(BaseModel):
    """Base of what messages are made of."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)
