"""The anomaly scenarios by name, with how often an episode is of each kind."""

from typing import Final

from generator.scenarios.amount_above_habit import AmountAboveHabit
from generator.scenarios.base import QUIET_EVERY, Scenario
from generator.scenarios.card_testing import CardTesting
from generator.scenarios.drained_in_steps import DrainedInSteps
from generator.scenarios.impossible_travel import ImpossibleTravel
from generator.scenarios.mule_account import MuleAccount
from generator.scenarios.night_takeover import NightTakeover
from generator.scenarios.small_payment_burst import SmallPaymentBurst

EPISODE_WEIGHTS: Final[dict[Scenario, int]] = {  # rarer where an episode has many payments
    AmountAboveHabit(): 9,
    ImpossibleTravel(): 9,
    NightTakeover(): 7,
    DrainedInSteps(): 7,
    MuleAccount(): 5,
    CardTesting(): 2,
    SmallPaymentBurst(): 2,
}
SCENARIOS: Final[dict[str, Scenario]] = {scenario.name: scenario for scenario in EPISODE_WEIGHTS}

__all__ = ["EPISODE_WEIGHTS", "QUIET_EVERY", "SCENARIOS", "Scenario"]
