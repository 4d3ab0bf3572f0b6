"""From where on a figure worries: one place, so that colours on dashboards and alert rules never disagree."""

from typing import Final

from grafana_provisioning.levels import Levels

LATENCY_MS: Final = Levels(100, 250)
"""100 ms is the budget `make load` holds p99 to; a moment above 250 ms is forgiven, a minute of it is not."""
WAITING: Final = Levels(500, 2_000)
"""Transactions waiting for the detector: two seconds' worth at the rate the system is measured at (1,000 a second)."""
CANARY_SECONDS: Final = Levels(120, 180)
"""A canary is sent each minute: two may be late together, three missing are no accident."""
UNDELIVERED_SECONDS: Final = Levels(60, 300)
"""A thief needs minutes: an alert nobody got for five is as good as none."""
DEAD_DELIVERIES: Final = Levels(1, 1)
"""An alert given up on reached nobody; one is enough to look."""
REJECTED_SHARE: Final = Levels(0.001, 0.01)
"""One payment in a hundred refused is a sender that changed its format, not a slip."""
DRIFT_PSI: Final = Levels(0.1, 0.25)
"""The usual reading of the population stability index: from 0.1 a shift, from 0.25 another population."""
ALERT_SHARE: Final = Levels(0.0126, 0.019)
"""Twice and three times the alert budget of 0.63 %; from three times on thresholds freeze (docs/adr/0009)."""
BUFFERED_POINTS: Final = Levels(200, 2_000)
"""Points kept back because InfluxDB does not take them: some seconds' worth, and more than a minute's."""
