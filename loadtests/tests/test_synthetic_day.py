"""The made-up day that dashboards are timed on."""

import re

from vigie_loadtests.dashboards.__main__ import a_day
from vigie_loadtests.dashboards.synthetic import SyntheticSystem

START = 1_764_000_000


def test_each_second_is_written_once() -> None:
    lines = list(a_day(START, 0.01, SyntheticSystem()))

    instants = [int(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("throughput ")]
    assert instants == [(START + second) * 10**9 for second in range(36)]


def test_a_day_sees_new_models() -> None:
    versions = {
        found.group(1)
        for line in a_day(START, 0.02, SyntheticSystem(), new_version_every=60)
        if (found := re.search(r"^versions .*\bmodel_version=([0-9.]+)", line))
    }

    assert versions == {"1.0", "2.0"}


def test_alerts_follow_the_rate_and_are_distinct() -> None:
    lines = [line for line in a_day(START, 0.1, SyntheticSystem(rate=50, alert_share=0.1)) if line.startswith("alert,")]

    assert len(lines) == 1_800
    assert len({line.rsplit(" ", 1)[1] for line in lines}) == 1_800
