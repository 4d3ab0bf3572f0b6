from collections import Counter

import pytest

from generator.episodes import FROZEN_DAYS, ROUND, ROUND_SIZE, EpisodeCalendar
from generator.payment import DAY_MS
from generator.scenarios import EPISODE_WEIGHTS, QUIET_EVERY
from generator.stream import PaymentStream, StreamPlan

FIRST_DAY = 20_000


def _calendar(*, accounts=1000, share=0.0075):
    return EpisodeCalendar(7, 0, accounts, 3, share)


def test_a_day_is_the_same_whenever_it_is_asked_for():
    assert [_calendar().on(day) for day in (FIRST_DAY, FIRST_DAY + 1)] == [
        _calendar().on(day) for day in (FIRST_DAY, FIRST_DAY + 1)
    ]


@pytest.mark.parametrize("accounts", [50, 1000, 20_000])
def test_any_twenty_days_have_their_share_of_stolen_payments(accounts):
    calendar = _calendar(accounts=accounts)
    largest = max(episode.mean_size for deck in ROUND for episode in deck)
    wanted = 20 * accounts * 3 * 0.0075 / 0.9925

    for first in range(FIRST_DAY, FIRST_DAY + 200, 20):
        dealt = [episode for day in range(first, first + 20) for episode in calendar.on(day).values()]
        assert abs(sum(episode.mean_size for episode in dealt) - wanted) <= largest


def test_in_a_round_every_card_is_quiet_once_and_bold_otherwise():
    calendar = _calendar()
    days = int(ROUND_SIZE / (1000 * 3 * 0.0075 / 0.9925)) + 1
    dealt = [episode for day in range(FIRST_DAY, FIRST_DAY + days) for episode in calendar.on(day).values()]
    kinds = Counter(episode.scenario for episode in dealt)
    quiet = sum(episode.is_quiet for episode in dealt) / len(dealt)

    assert abs(quiet - 1 / QUIET_EVERY) < 0.02
    for scenario, weight in EPISODE_WEIGHTS.items():
        assert abs(kinds[scenario] - QUIET_EVERY * weight) <= 3


def test_quiet_episodes_are_a_documented_minority():
    assert 0.10 <= 1 / QUIET_EVERY <= 0.15


def test_never_more_episodes_than_accounts():
    calendar = _calendar(accounts=2, share=0.2)

    assert all(len(calendar.on(day)) <= 2 for day in range(FIRST_DAY, FIRST_DAY + 300))


def test_without_anomalies_nobody_is_robbed_or_frozen():
    calendar = _calendar(share=0.0)

    assert not any(calendar.on(day) for day in range(FIRST_DAY, FIRST_DAY + 50))
    assert not calendar.frozen_on(FIRST_DAY, not_before=FIRST_DAY - 10)


def test_a_bold_episode_freezes_its_account_and_a_quiet_one_does_not():
    calendar = _calendar()
    for day in range(FIRST_DAY, FIRST_DAY + 60):
        for account, episode in calendar.on(day).items():
            frozen = [account in calendar.frozen_on(day + n, not_before=day) for n in range(1, FROZEN_DAYS + 2)]
            robbed_again = any(account in calendar.on(day + n) for n in range(1, FROZEN_DAYS + 2))
            assert robbed_again or frozen == [not episode.is_quiet] * FROZEN_DAYS + [False]


def test_nothing_is_paid_from_a_frozen_account():
    stream = PaymentStream(StreamPlan(7, 0, 300, 3, 0.02, FIRST_DAY))
    calendar = EpisodeCalendar(7, 0, 300, 3, 0.02)
    seen = 0
    for day in range(FIRST_DAY + 1, FIRST_DAY + 20):
        planned = list(stream._planned(day))
        for account in calendar.frozen_on(day, not_before=FIRST_DAY) - calendar.on(day).keys():
            seen += 1
            assert planned[account] == []
    assert seen > 20


def test_the_holder_of_a_robbed_account_pays_no_more_that_day():
    stream = PaymentStream(StreamPlan(7, 0, 300, 3, 0.02, FIRST_DAY))
    calendar = EpisodeCalendar(7, 0, 300, 3, 0.02)
    for day in range(FIRST_DAY, FIRST_DAY + 20):
        planned = list(stream._planned(day))
        for account, episode in calendar.on(day).items():
            stolen = [payment.timestamp_ms for payment in planned[account] if payment.scenario]
            honest = [payment.timestamp_ms for payment in planned[account] if not payment.scenario]
            assert stolen
            assert min(stolen) >= day * DAY_MS - DAY_MS / 2
            if honest and not episode.is_quiet:
                assert max(honest) <= max(stolen)
