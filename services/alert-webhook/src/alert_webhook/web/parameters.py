"""What callers of the API may say. Everything is bounded: no database has to refuse a value."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from alert_webhook.core.alerts import Cause, Handling
from alert_webhook.core.deliveries import State
from vigie_schemas import Severity
from vigie_schemas.challenger import MAX_WHY_LENGTH

IDENTIFIER: Final = "^[A-Za-z0-9._:@-]{1,64}$"
ALERT_ID: Final = "^alert:[A-Za-z0-9._:@-]{1,64}$"
MAX_ID: Final = 2**53 - 1  # the greatest whole number that JavaScript counts exactly
MAX_SNOOZE_HOURS: Final = 24 * 30
MAX_VOLUME_HOURS: Final = 24 * 31
MAX_LIMIT: Final = 200

MAX_TRIED_LENGTH: Final = 128


def _refuse_text(value: object) -> object:
    """Raise ValueError where text or a truth stands for a number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError("must be a whole number")
    return value


Tried = Annotated[str, Field(max_length=MAX_TRIED_LENGTH)] | None
WholeNumber = Annotated[int, BeforeValidator(_refuse_text)]
"""In a body: JSON's 5.0 is the number 5, and "5" is none."""
AlertId = Annotated[str, Field(pattern=ALERT_ID)]


class Given(BaseModel):
    """Base of what is given; a name that does not exist is refused, so that no filter is silently ignored."""

    model_config = ConfigDict(extra="forbid")


class AlertPath(Given):
    """Which alert."""

    alert_id: AlertId


class AlertQuery(Given):
    """Which alerts to list; left out: any."""

    limit: int = Field(default=50, ge=1, le=MAX_LIMIT)
    severity: Severity | None = None
    handling: Handling | None = None
    cause: Cause | None = None
    account_id: Annotated[str, Field(pattern=IDENTIFIER)] | None = None
    decided: Literal["true", "false"] | None = None
    before: AlertId | None = Field(default=None, description="Id of an alert: only those received before it.")


class LabelBody(Given):
    """The truth about the alert's transaction."""

    is_fraud: bool = Field(strict=True)


class ApprovalBody(Given):
    """A person's word on a challenger."""

    challenger_version: WholeNumber = Field(ge=1, le=MAX_ID)
    is_approved: bool = Field(strict=True)
    why: str = Field(min_length=1, max_length=MAX_WHY_LENGTH, description="It is written on the version.")


class SnoozeBody(Given):
    """How long; left out: as long as VIGIE_SNOOZE_HOURS says."""

    hours: Annotated[float, Field(gt=0, le=MAX_SNOOZE_HOURS, strict=True)] | None = None


class SnoozePath(Given):
    """Which snooze."""

    account_id: str = Field(pattern=IDENTIFIER)
    feature: str = Field(pattern="^[a-z0-9_]{1,64}$")


class DeliveryPath(Given):
    """Which delivery."""

    delivery_id: int = Field(ge=1, le=MAX_ID)


class DeliveryQuery(Given):
    """Which deliveries to list; left out: any."""

    limit: int = Field(default=100, ge=1, le=MAX_LIMIT)
    state: State | None = None
    receiver: Annotated[str, Field(pattern="^[A-Za-z0-9.:_-]{1,260}$")] | None = None


class ReceiverPath(Given):
    """Which receiver."""

    receiver: str = Field(pattern="^[A-Za-z0-9.:_-]{1,260}$")


class TryBody(Given):
    """A payment to be tried; the gateway says what is wrong with it, so it is only bounded here."""

    account_id: str = Field(min_length=1, max_length=MAX_TRIED_LENGTH)
    amount: float = Field(strict=True, allow_inf_nan=False)
    currency: str = Field(default="EUR", max_length=MAX_TRIED_LENGTH)
    merchant_id: Tried = None
    category: Tried = None
    country: Tried = None
    channel: Tried = None


class TriedPath(Given):
    """Which payment that was tried."""

    transaction_id: str = Field(
        pattern="^try-[a-p]{16}$", description="Sixteen letters: digits could pass for a card number."
    )


class VolumeQuery(Given):
    """How far back."""

    hours: float = Field(default=24, gt=0, le=MAX_VOLUME_HOURS)
