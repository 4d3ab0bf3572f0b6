"""The features of a transaction: name, unit, meaning and direction of risk, listed once.

Higher is riskier for every one of them: the forest is given no way to call an unusually low amount an anomaly
(docs/adr/0005). Neutral is the value a transaction gets when the account or the source cannot tell.
"""

from dataclasses import dataclass
from typing import Final

HISTORY_LENGTH = 16
"""Transactions of the account, this one included, that the features look back on (docs/adr/0004)."""


@dataclass(frozen=True)
class Feature:
    """One input of the forest."""

    name: str
    unit: str
    meaning: str
    neutral: float = 0.0


FEATURES: Final[tuple[Feature, ...]] = (
    Feature("amount_log", "ln(1 + EUR)", "How much money is at stake."),
    Feature("amount_over_usual", "ln ratio", "Amount above the account's median amount."),
    Feature("amount_spread", "robust standard deviations", "Amount above the median, by the account's own spread."),
    Feature("amount_over_largest", "ln ratio", "Amount above the largest the account has paid recently."),
    Feature("amount_recent_shift", "ln ratio", "Mean of the last three amounts above the median of those before."),
    Feature("count_1m", "payments", "Other payments of the account in the 60 seconds before."),
    Feature("count_1h", "payments", "Other payments in the hour before."),
    Feature("count_24h_excess", "ln ratio", "Payments in 24 hours above the account's daily rate."),
    Feature("small_count_10m", "payments", "Payments under 5 EUR in ten minutes, this one included."),
    Feature("speed", "ln(1 + km/h)", "Speed needed to come from the place of the last payment."),
    Feature("distance_from_usual", "ln(1 + km)", "Distance from the middle of the account's places."),
    Feature("new_merchant", "0 or 1", "Merchant not among the account's recent ones."),
    Feature("new_country", "0 or 1", "Country not among the account's recent ones."),
    Feature("new_merchant_share", "share", "Part of the last four payments that went to new merchants."),
    Feature("hour_rarity", "ln ratio", "How rarely the account pays at this time of day."),
)

FEATURE_NAMES: Final[tuple[str, ...]] = tuple(feature.name for feature in FEATURES)
