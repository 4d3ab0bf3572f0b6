"""What is shown of a payment that a person tries."""

from pydantic import Field

from alert_webhook.web.views import View
from vigie_schemas import Reason, RuleHit, Severity, VerdictName
from vigie_schemas.verdict import Basis, FallbackCause


class GatewayVerdictView(View):
    """The gateway's answer to one payment, as far as a person is shown it."""

    transaction_id: str
    account_id: str = Field(description="Pseudonym, also where the account was named by its number.")
    verdict: VerdictName
    would_be: VerdictName | None = Field(description="In shadow mode, what the verdict would have been.")
    basis: Basis
    fallback_cause: FallbackCause | None
    accepted: bool = Field(description="Whether Kafka was known to have the payment.")
    amount_eur: float
    score: float | None
    threshold: float | None
    severity: Severity | None
    reasons: list[Reason]
    rules: list[RuleHit] = Field(description="Every rule of the policy that applied, the strictest first.")
    model_version: int | None
    threshold_version: int | None
    policy: str
    request_id: str
    spent_ms: float = Field(description="From the call to the answer, by the gateway.")


class LaterVerdictView(View):
    """The true verdict on a payment that was answered by a fallback."""

    later: GatewayVerdictView | None = Field(default=None, description="Null while it is not known.")


class TryView(View):
    """Whether payments can be tried, and for which accounts one may want to."""

    configured: bool = Field(description="Whether VIGIE_GATEWAY_URL is set.")
    accounts: list[str] = Field(description="Those of the latest alerts, the newest first, without canaries.")
