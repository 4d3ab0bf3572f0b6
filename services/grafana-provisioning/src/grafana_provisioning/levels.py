"""Colours that mean something: green needs nobody, orange somebody today, red somebody now."""

from dataclasses import dataclass

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
    """Coloured by the level it is at."""
    return FieldColor().mode(FieldColorModeId.THRESHOLDS)


def always(colour: str) -> dict[str, object]:
    """One colour, for a series whose meaning it carries."""
    return {"mode": "fixed", "fixedColor": colour}
