"""A challenger in shadow: what it would have said beside the champion, how both compare, and who lets it serve."""

from typing import Annotated, Final, Literal

from pydantic import Field

from vigie_schemas.record import AccountId, Identifier, Part, Record, TimestampMs
from vigie_schemas.scored import Score, Version

CHALLENGER_ALIAS: Final = "challenger"
SHADOW_ARTIFACTS: Final = "shadow"
SHADOW_REPORT_FILE: Final = "report.md"
"""How a challenger compared, for people, among its run's artifacts."""

MAX_PERSON_LENGTH: Final = 100
MAX_WHY_LENGTH: Final = 200

ShadowState = Literal["watching", "awaiting_approval", "promoted", "rejected"]


def is_same_person(one: str, other: str) -> bool:
    """Whether two names are one person's as far as writing goes: whoever made a challenger cannot approve it."""
    return one.strip().casefold() == other.strip().casefold()


class ChallengerScore(Record):
    """One per transaction that the champion judged while a challenger watched; a repeat says the same."""

    transaction_id: Identifier
    account_id: AccountId
    timestamp_ms: TimestampMs
    segment: str
    model_version: Version = Field(description="The champion's.")
    score: Score = Field(description="The champion's.")
    is_anomaly: bool = Field(description="Whether the champion alerted.")
    challenger_version: Version
    challenger_score: Score
    challenger_threshold: Score = Field(description="Score from which the challenger would alert in the segment.")
    challenger_is_anomaly: bool


class Gate(Part):
    """One thing that a challenger must pass before it may serve."""

    name: str
    is_passed: bool | None = Field(description="Null while too little is known.")
    sentence: str = Field(description="What was measured, and what it was measured against.")


class OneSidedAlert(Part):
    """A transaction on which champion and challenger do not agree."""

    transaction_id: Identifier
    timestamp_ms: TimestampMs
    raised_by: Literal["champion", "challenger"]
    score: Score
    challenger_score: Score
    is_fraud: bool | None = Field(description="By the label that stands; null where there is none yet.")


class ShadowReport(Record):
    """How a challenger compares with the champion; the last one of each challenger stands."""

    challenger_version: Version
    champion_version: Version
    state: ShadowState
    asked_by: str = Field(description="Who made it challenger: the trainer, or a person.")
    since_ms: TimestampMs = Field(description="From when on it watches.")
    at_ms: TimestampMs
    rows: Annotated[int, Field(ge=0)] = Field(description="Transactions that both have scored.")
    champion_alerts: Annotated[int, Field(ge=0)]
    challenger_alerts: Annotated[int, Field(ge=0)]
    common_alerts: Annotated[int, Field(ge=0)] = Field(description="Raised by both.")
    frauds: Annotated[int, Field(ge=0)] = Field(description="Those of the rows that a label calls fraud.")
    gates: list[Gate]
    one_sided: list[OneSidedAlert] = Field(description="The newest ones, newest first.")
    decided_by: str | None = Field(default=None, description="Who let it serve or refused it.")
    decided_why: str | None = None


class Approval(Record):
    """A person's word on a challenger that waits for one."""

    challenger_version: Version
    is_approved: bool
    by: Annotated[str, Field(min_length=1, max_length=MAX_PERSON_LENGTH)]
    why: Annotated[str, Field(min_length=1, max_length=MAX_WHY_LENGTH)]
    at_ms: TimestampMs
