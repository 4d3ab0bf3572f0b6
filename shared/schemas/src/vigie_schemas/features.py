"""The features of a transaction: name, unit, meaning, reason and direction of risk, listed once.

Higher is riskier for every one of them, and each is zero while it stays within its allowance, which is what chance
gives ordinary accounts now and then: the forest is given no way to call an unusually low amount an anomaly, nor to
find a pattern in noise (docs/adr/0005).
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
    reason: str
    """Why a thief's payment raises it."""
    alarming: float
    """Value, what is allowed taken off, that alone is reason to look; anchors reach up to it (docs/adr/0007)."""
    allowance: float = 0.0
    """What is taken off before anything counts."""


FEATURES: Final[tuple[Feature, ...]] = (
    Feature(
        "amount_log", "ln(1 + EUR)", "The amount itself.",
        "What is at stake, and all there is to compare with peers while an account is new.", alarming=9.0,
    ),
    Feature(
        "amount_over_usual", "ln ratio", "Amount above the account's usual one, the mean of its logarithms.",
        "Stolen money leaves in larger amounts than its owner spends.", alarming=3.0,
    ),
    Feature(
        "amount_spread", "standard deviations", "The same, measured by how far apart its amounts tend to lie.",
        "Three times the usual is much for a steady account and little for a varied one.", alarming=6.0,
    ),
    Feature(
        "amount_second_of_five", "ln ratio", "Second largest of the last five amounts above the usual one.",
        "A thief who got through tries again; one large purchase stands alone.", alarming=3.0,
    ),
    Feature(
        "amount_third_of_five", "ln ratio", "Third largest of the last five amounts above the usual one.",
        "A run of large payments is rarer still, and its small ones belong to it.", alarming=2.5,
    ),
    Feature(
        "amount_in_hour", "ln ratio", "Sum of the last hour, this payment included, above one usual amount.",
        "Splitting a theft into ordinary amounts does not hide its sum.", alarming=3.5,
    ),
    Feature(
        "tempo_10m", "nats", "Surprise at so many payments in ten minutes, given the account's rate.",
        "Machines and hurried thieves pay faster than people.", alarming=2.5, allowance=1.0,
    ),
    Feature(
        "tempo_1h", "nats", "The same over an hour.",
        "Bursts that pause for a few minutes.", alarming=4.0, allowance=2.0,
    ),
    Feature(
        "tempo_24h", "nats", "The same over a day.",
        "An account that wakes up.", alarming=8.0, allowance=4.0,
    ),
    Feature(
        "small_count_1h", "payments", "Payments under 5 EUR in the last hour, when this one is under 5 EUR too.",
        "Stolen cards are tried with small amounts.", alarming=3.0, allowance=2.0,
    ),
    Feature(
        "speed", "ln(1 + 100 km/h)", "Speed needed from the last known place, beyond the account's usual radius.",
        "No person pays in two far places within the hour.", alarming=4.0,
    ),
    Feature(
        "distance_beyond_usual", "ln ratio", "Distance from the middle of the account's places, in radii of its own.",
        "Stolen cards are used where their owner never was.", alarming=4.5, allowance=0.5,
    ),
    Feature(
        "new_country", "0 or 1", "Country not among the account's recent ones.",
        "Copied cards are used where they are checked least.", alarming=1.0,
    ),
    Feature(
        "new_merchant", "nats", "Surprise at a merchant not among the recent ones, given how often it changes them.",
        "Thieves pay receivers their victims do not know; some owners do so all the time.", alarming=1.5, allowance=0.5,
    ),
    Feature(
        "new_merchants_of_four", "payments", "New merchants among the last four payments, beyond habit.",
        "Several new receivers in a row.", alarming=2.2, allowance=0.8,
    ),
    Feature(
        "hour_rarity", "ln ratio", "How rarely the account pays at this time of day.",
        "Thieves work while their victims sleep.", alarming=3.3, allowance=0.7,
    ),
)  # fmt: skip

FEATURE_NAMES: Final[tuple[str, ...]] = tuple(feature.name for feature in FEATURES)
ALLOWANCES: Final[dict[str, float]] = {feature.name: feature.allowance for feature in FEATURES}
