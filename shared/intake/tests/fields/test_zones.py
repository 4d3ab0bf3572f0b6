"""Zones: the same moments as Python's zoneinfo, also where a clock is set."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie_intake.fields.zones import zone_of

NAMES = ("UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CLOCKS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31))  # noqa: DTZ001 - on a wall


def counted(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)


@given(CLOCKS, st.sampled_from(NAMES))
def test_a_clock_shows_the_moment_that_python_says(clock: datetime, name: str) -> None:
    wall = np.array([counted(clock.replace(tzinfo=UTC))])
    expected = clock.replace(tzinfo=ZoneInfo(name)).astimezone(UTC)

    assert zone_of(name).utc(wall).tolist() == [counted(expected)]


@given(CLOCKS, st.sampled_from(NAMES))
def test_a_moment_is_shown_as_python_says(moment: datetime, name: str) -> None:
    moment = moment.replace(tzinfo=UTC)
    expected = moment.astimezone(ZoneInfo(name)).replace(tzinfo=UTC)

    assert zone_of(name).wall(np.array([counted(moment)])).tolist() == [counted(expected)]


@pytest.mark.parametrize("name", NAMES)
def test_around_every_change_of_the_clock(name: str) -> None:
    zone = zone_of(name)
    around = (zone.changes[:, None] + np.array([-3_600_000, -1, 0, 1, 1_800_000, 3_600_000])).ravel()
    walls = zone.wall(around)
    info = ZoneInfo(name)

    for moment, wall in zip(around.tolist(), walls.tolist(), strict=True):
        shown = (EPOCH + timedelta(milliseconds=moment)).astimezone(info)
        assert counted(shown.replace(tzinfo=UTC)) == wall
        again = (EPOCH + timedelta(milliseconds=wall)).replace(tzinfo=info)
        assert zone.utc(np.array([wall])).tolist() == [counted(again.astimezone(UTC))]
