"""Values that are on the lists of the gateway's policy by a topic, not by a file."""

from typing import Annotated, Final

from pydantic import ConfigDict, Field, field_validator

from vigie_schemas.account_numbers import is_account_number
from vigie_schemas.record import Record, TimestampMs
from vigie_schemas.transaction import MAX_TEXT_LENGTH

LIST_NAME_PATTERN: Final = "^[A-Za-z0-9_-]{1,64}$"
MAX_LIST_REASON_LENGTH: Final = 200
REMOVED_BY_HEADER: Final = "vigie-by"
"""Header of a record without a value: who took the value off its list."""

ShortText = Annotated[str, Field(min_length=1, max_length=MAX_TEXT_LENGTH)]


class ListedValue(Record):
    """One value of one list. The last record of a key stands; a record without a value takes the value off the list."""

    model_config = ConfigDict(hide_input_in_errors=True)  # what is refused may be an account number

    list_name: str = Field(pattern=LIST_NAME_PATTERN, description="The list's name in the policy.")
    value: ShortText = Field(description="As payments have it; of an account its pseudonym.")
    reason: Annotated[str, Field(min_length=1, max_length=MAX_LIST_REASON_LENGTH)] = Field(
        description="Why; verdicts repeat it, so it names no person."
    )
    by: ShortText = Field(description="Who put it there.")
    until_ms: TimestampMs | None = Field(
        default=None, description="First moment at which it does nothing any more; null: it stays."
    )

    @property
    def key(self) -> str:
        """Key of its record, as `blocked-merchants/m-77120`: no name of a list has a slash in it."""
        return key_of(self.list_name, self.value)

    @field_validator("list_name", "value", "reason", "by")
    @classmethod
    def _hold_no_account_number(cls, text: str) -> str:
        if is_account_number(text):
            raise ValueError("holds a card number or an IBAN: write the pseudonym in its place")
        return text


def key_of(list_name: str, value: str) -> str:
    """Key of the records about a value of a list."""
    return f"{list_name}/{value}"


def parts_of(key: str) -> tuple[str, str]:
    """The list and the value that a key names; the value is empty where it names none."""
    list_name, _, value = key.partition("/")
    return list_name, value
