"""Quiet hours, by the clock on the wall."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alert_webhook.core.triage.quiet_hours import QuietHours, quiet_hours_of
from alert_webhook.settings import AlertWebhookSettings
from vigie_runtime import ConfigurationError, load_settings

PARIS = ZoneInfo("Europe/Paris")
NIGHT = QuietHours(time(22), time(7), PARIS)


def ms(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


@pytest.mark.parametrize(
    ("moment", "is_quiet"),
    [
        ("2026-01-10T21:59:59+01:00", False),
        ("2026-01-10T22:00:00+01:00", True),
        ("2026-01-11T00:00:00+01:00", True),
        ("2026-01-11T06:59:59+01:00", True),
        ("2026-01-11T07:00:00+01:00", False),
        ("2026-01-11T12:00:00+01:00", False),
        # 05:30 UTC is still night in winter and morning in summer
        ("2026-01-11T05:30:00+00:00", True),
        ("2026-07-11T05:30:00+00:00", False),
    ],
)
def test_the_night_spans_midnight_in_its_time_zone(moment: str, is_quiet: bool) -> None:
    assert NIGHT.include(ms(moment)) is is_quiet


def test_hours_of_one_day_do_not_reach_into_the_next() -> None:
    noon = QuietHours(time(12), time(13, 30), PARIS)

    assert noon.include(ms("2026-01-10T13:29:59+01:00"))
    assert not noon.include(ms("2026-01-10T13:30:00+01:00"))
    assert not noon.include(ms("2026-01-11T01:00:00+01:00"))


def hours_of_quiet(quiet: QuietHours, around: str) -> float:
    noon = ms(f"{around}T12:00:00+00:00")
    minutes = range(noon - 86_400_000, noon, 60_000)
    return sum(quiet.include(at_ms) for at_ms in minutes) / 60


def test_a_night_in_which_the_clock_changes_ends_by_the_clock() -> None:
    assert hours_of_quiet(NIGHT, "2026-03-28") == 9
    assert hours_of_quiet(NIGHT, "2026-03-29") == 8, "02:00 becomes 03:00"
    assert hours_of_quiet(NIGHT, "2026-10-25") == 10, "03:00 becomes 02:00"


def test_an_hour_that_comes_twice_is_not_quiet_twice() -> None:
    until_half_past_two = QuietHours(time(22), time(2, 30), PARIS)

    assert until_half_past_two.include(ms("2026-10-25T02:29:00+02:00"))
    assert not until_half_past_two.include(ms("2026-10-25T02:31:00+02:00"))
    assert not until_half_past_two.include(ms("2026-10-25T02:10:00+01:00")), "the second 02:10"


def test_an_hour_that_is_skipped_makes_the_night_as_long_as_ever() -> None:
    until_half_past_two = QuietHours(time(22), time(2, 30), PARIS)

    assert until_half_past_two.include(ms("2026-03-29T03:29:00+02:00"))
    assert not until_half_past_two.include(ms("2026-03-29T03:30:00+02:00"))


whole_minutes = st.times().map(lambda at: at.replace(second=0, microsecond=0))


@given(
    begin=whole_minutes,
    end=whole_minutes,
    seconds=st.integers(1_000_000_000, 3_800_000_000),
    zone=st.sampled_from(["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
)
def test_on_days_without_a_change_the_wall_clock_decides(begin: time, end: time, seconds: int, zone: str) -> None:
    quiet = QuietHours(begin, end, ZoneInfo(zone))
    local = datetime.fromtimestamp(seconds, quiet.zone)
    nearby = {(local + timedelta(days=days)).utcoffset() for days in (-2, -1, 0, 1, 2)}

    is_quiet = quiet.include(seconds * 1000)

    by_clock = begin <= local.time() < end if begin < end else not (end <= local.time() < begin)
    assert is_quiet is by_clock or len(nearby) > 1


def test_the_settings_name_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_QUIET_HOURS", "22:00-07:00")
    monkeypatch.setenv("VIGIE_TIME_ZONE", "Europe/Paris")

    assert quiet_hours_of(load_settings(AlertWebhookSettings)) == NIGHT


@pytest.mark.parametrize("wrong", ["22:00", "22:00-25:00", "night", "07:00-07:00"])
def test_wrong_ones_are_refused_by_name(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_QUIET_HOURS", wrong)

    with pytest.raises(ConfigurationError, match="VIGIE_QUIET_HOURS"):
        load_settings(AlertWebhookSettings)
