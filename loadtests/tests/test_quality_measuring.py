import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie_loadtests.quality.measuring import CountedShare, LabelledTransaction, episodes, measure

MINUTE = 60_000
DAY = 86_400_000


def one(
    number: int, *, at: int = 0, account: str = "a", alert: bool = False, scenario: str | None = None
) -> LabelledTransaction:
    return LabelledTransaction(f"g7-1-{number:06d}", account, at, alert, scenario is not None, scenario)


def crowd(*, caught: int, missed: int, false: int, honest: int) -> list[LabelledTransaction]:
    """So many transactions of each kind, each of an account of its own."""
    kinds = [(True, "burst")] * caught + [(False, "burst")] * missed + [(True, None)] * false + [(False, None)] * honest
    return [one(n, account=f"a{n}", alert=alert, scenario=scenario) for n, (alert, scenario) in enumerate(kinds)]


def test_figures_count_what_was_caught_missed_and_wrongly_alerted() -> None:
    figures = measure(crowd(caught=90, missed=10, false=2, honest=9898))

    assert (figures.transactions, figures.anomalies, figures.alerts) == (10_000, 100, 92)
    assert figures.precision.value == pytest.approx(90 / 92)
    assert figures.false_positive_rate.value == pytest.approx(2 / 9900)
    assert figures.recall.value == pytest.approx(0.9)
    assert figures.missed_targets() == []


@pytest.mark.parametrize(
    ("kinds", "sentence"),
    [
        ({"caught": 95, "missed": 5, "false": 5}, "precision: 95.00% (95 of 100), the target is more than 95%"),
        ({"caught": 79, "missed": 21, "false": 0}, "recall: 79.00% (79 of 100), the target is at least 80%"),
    ],
)
def test_each_missed_target_is_a_sentence(kinds: dict[str, int], sentence: str) -> None:
    assert measure(crowd(**kinds, honest=9900)).missed_targets() == [sentence]


def test_too_many_false_positives_miss_two_targets() -> None:
    missed = measure(crowd(caught=80, missed=20, false=200, honest=9800)).missed_targets()

    assert [sentence.split(":")[0] for sentence in missed] == ["precision", "false positives"]


def test_without_alerts_or_anomalies_no_target_is_reached() -> None:
    missed = measure(crowd(caught=0, missed=0, false=0, honest=100)).missed_targets()

    assert missed == [
        "precision: not known, there were none, the target is more than 95%",
        "recall: not known, there were none, the target is at least 80%",
    ]


def test_a_day_without_payments_separates_the_episodes_of_an_account() -> None:
    fraud = [
        one(1, at=0, scenario="burst"),
        one(2, at=MINUTE, scenario="burst"),
        one(3, at=MINUTE, account="b", scenario="burst"),
        one(4, at=3 * DAY, scenario="burst"),
    ]

    found = [[payment.transaction_id[-1] for payment in episode] for episode in episodes(fraud)]

    assert sorted(found) == [["1", "2"], ["3"], ["4"]]


def test_the_delay_of_an_episode_is_the_time_to_its_first_alert() -> None:
    measured = [
        one(1, at=0, scenario="burst"),
        one(2, at=2 * MINUTE, alert=True, scenario="burst"),
        one(3, at=3 * MINUTE, alert=True, scenario="burst"),
        one(4, at=0, account="b", scenario="burst"),
        one(5, at=0, account="c", alert=True, scenario="mule"),
    ]

    scenarios = measure(measured).scenarios

    assert (scenarios["burst"].episodes.part, scenarios["burst"].episodes.whole) == (1, 2)
    assert (scenarios["burst"].median_seconds_to_alert, scenarios["burst"].median_payments_before_alert) == (120, 1)
    assert (scenarios["mule"].median_seconds_to_alert, scenarios["mule"].median_payments_before_alert) == (0, 0)


def test_a_scenario_that_is_never_found_has_no_delay() -> None:
    scenario = measure([one(1, scenario="quiet")]).scenarios["quiet"]

    assert scenario.recall.value == 0
    assert scenario.median_seconds_to_alert is None


def test_intervals_are_wilsons() -> None:
    share = CountedShare.of(8, 10)

    # Wilson (1927), z = 1.96: (p + z²/2n ± z·√(p(1-p)/n + z²/4n²)) / (1 + z²/n)
    assert (round(share.low, 4), round(share.high, 4)) == (0.4902, 0.9433)


@given(whole=st.integers(0, 5000), data=st.data())
def test_a_share_lies_in_its_interval(whole: int, data: st.DataObject) -> None:
    share = CountedShare.of(data.draw(st.integers(0, whole)), whole)

    assert 0 <= share.low <= share.high <= 1
    assert share.value is None or share.low - 1e-9 <= share.value <= share.high + 1e-9


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([None, "burst", "mule"]), st.integers(0, 5)), max_size=60))
def test_every_payment_belongs_to_one_scenario_and_one_episode(rows: list[tuple[bool, str | None, int]]) -> None:
    measured = [
        one(n, at=n * DAY // 3, account=f"a{account}", alert=alert, scenario=scenario)
        for n, (alert, scenario, account) in enumerate(rows)
    ]

    figures = measure(measured)

    assert sum(scenario.recall.whole for scenario in figures.scenarios.values()) == figures.anomalies
    assert sum(scenario.recall.part for scenario in figures.scenarios.values()) == figures.precision.part
    for name in figures.scenarios:
        of_scenario = [payment for payment in measured if payment.scenario == name]
        assert sorted(payment for episode in episodes(of_scenario) for payment in episode) == sorted(of_scenario)
