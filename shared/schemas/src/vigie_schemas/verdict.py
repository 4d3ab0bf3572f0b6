"""What the gateway answered about a payment before the money moved."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from vigie_schemas.alert import Reason, Severity
from vigie_schemas.record import AccountId, Identifier, Record, TimestampMs
from vigie_schemas.scored import Score, Version

VerdictName = Literal["allow", "review", "challenge", "decline"]
VERDICTS_BY_STRICTNESS: Final[tuple[VerdictName, ...]] = ("allow", "review", "challenge", "decline")
"""A rule may move a verdict to the right, and only a list that says allow to the left."""
Basis = Literal["model", "rules", "fallback"]
FallbackCause = Literal["deadline", "kafka", "reading"]
"""No outcome in time; Kafka took the payment too late or not at all; the gateway itself is behind with reading."""


class RuleHit(BaseModel):
    """A rule of the policy that applied."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)

    rule: str = Field(description="Its name in the policy, e.g. `limits.daily`.")
    verdict: VerdictName = Field(description="What the rule alone asks for.")
    text: str = Field(description="For a person, e.g. `1,240 EUR within 24 hours, the limit is 1,000`.")


class Verdict(Record):
    """One per answered call, and one more with `late` where the true verdict came after a fallback."""

    transaction_id: Identifier
    account_id: AccountId = Field(description="Pseudonym, also where the caller named the account by its number.")
    caller: str = Field(description="Who asked, by the name of the token.")
    request_id: str = Field(description="The caller's, else made here; stands in every log line of the call.")
    at_ms: TimestampMs = Field(description="When it was given, milliseconds since 1970 UTC.")
    verdict: VerdictName = Field(description="What the caller is asked to do.")
    would_be: VerdictName | None = Field(
        description="In shadow mode (`observe`), where `verdict` is always allow: what it would have been."
    )
    basis: Basis = Field(
        description="model: score and rules; rules: no model judged; fallback: no outcome in time, the policy decided."
    )
    fallback_cause: FallbackCause | None = Field(description="Why, with basis fallback.")
    late: bool = Field(description="The true verdict, which came after a fallback was answered.")
    accepted: bool = Field(description="Whether Kafka was known to have the payment, so that it will be scored.")
    amount_eur: Annotated[float, Field(ge=0)]
    score: Score | None = Field(description="Null where no model judged.")
    threshold: Score | None
    severity: Severity | None = Field(description="Null where it did not alert.")
    reasons: Annotated[list[Reason], Field(max_length=3)] = Field(description="Of the alert; empty without one.")
    rules: list[RuleHit] = Field(description="Every rule that applied, the strictest first.")
    model_version: Version | None
    threshold_version: Version | None
    policy: str = Field(description="First 12 hexadecimal digits of the SHA-256 of the policy's file.")
    spent_ms: Annotated[float, Field(ge=0)] = Field(description="From the call to the answer.")
    body_digest: str = Field(description="Keyed digest of the call's body: another body under the same id is refused.")
