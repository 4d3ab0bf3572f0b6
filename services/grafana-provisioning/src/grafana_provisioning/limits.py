"""From which value on a figure is a warning and from which it is critical, for colours and alert rules alike.

Green: nothing to do. Orange: look at it today. Red: act now.
"""

from dataclasses import dataclass
from typing import Final

from grafana_foundation_sdk.builders.dashboard import FieldColor, ThresholdsConfig
from grafana_foundation_sdk.models.dashboard import FieldColorModeId, Threshold, ThresholdsMode

GOOD, WARNING, CRITICAL, NEUTRAL = "green", "orange", "red", "blue"


@dataclass(frozen=True)
class Levels:
    """From which value a figure is a warning, and from which it is critical; `falling` where small is bad."""

    warning: float
    critical: float
    falling: bool = False

    def steps(self) -> list[Threshold]:
        """Grafana's steps: each colour holds from its value on."""
        if self.falling:
            return [Threshold(None, CRITICAL), Threshold(self.critical, WARNING), Threshold(self.warning, GOOD)]
        return [Threshold(None, GOOD), Threshold(self.warning, WARNING), Threshold(self.critical, CRITICAL)]

    def config(self) -> ThresholdsConfig:
        """For a panel."""
        return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(self.steps())

    def property(self) -> dict[str, object]:
        """For one series of a panel."""
        return {"mode": "absolute", "steps": [step.to_json() for step in self.steps()]}


def neutral() -> ThresholdsConfig:
    """For figures that are neither good nor bad."""
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps([Threshold(None, NEUTRAL)])


def by_threshold() -> FieldColor:
    """Coloured by the level the value is at."""
    return FieldColor().mode(FieldColorModeId.THRESHOLDS)


def always(colour: str) -> dict[str, object]:
    """One fixed colour for a series."""
    return {"mode": "fixed", "fixedColor": colour}


LATENCY_MS: Final = Levels(100, 250)
"""100 ms is the budget of `make load` for p99; 250 ms may be exceeded for a moment, not for a minute."""
LAG: Final = Levels(500, 2_000)
"""Transactions that wait for the detector: 2,000 are those of two seconds at the measured rate (1,000 a second)."""
CANARY_SECONDS: Final = Levels(120, 180)
"""A canary is sent each minute: one or two may be late, three missing ones are a fault."""
UNDELIVERED_SECONDS: Final = Levels(60, 300)
"""Fraud takes minutes: an alert that is five minutes late comes too late."""
DEAD_MESSAGES: Final = Levels(1, 1)
"""A dead message was not shown to anyone there, so one is enough."""
REJECTED_SHARE: Final = Levels(0.001, 0.01)
"""One rejected record in a hundred means that a sender changed its format."""
DRIFT_PSI: Final = Levels(0.1, 0.25)
"""The usual interpretation of the population stability index: from 0.1 a shift, from 0.25 another population."""
ALERT_SHARE: Final = Levels(0.0126, 0.019)
"""Twice and three times the alert budget of 0.63 %; from three times on thresholds are frozen (docs/adr/0009)."""
FALLBACK_SHARE: Final = Levels(0.0005, 0.001)
"""A fallback lets a payment through that no model judged: one in a thousand is what a payment's caller is promised."""
VERDICT_MS: Final = Levels(100, 150)
"""150 ms is the deadline of the default policy: who comes close to it will soon fall back."""
BUFFERED_POINTS: Final = Levels(200, 2_000)
"""Points on disk that InfluxDB has not accepted: those of some seconds, and of more than a minute."""
