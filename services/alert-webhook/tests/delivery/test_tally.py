"""Figures of delivery, second by second."""

import pytest

from alert_webhook.core.deliveries import Queue
from alert_webhook.delivery.tally import MAX_LATENCY_US, DeliveryTally

NOW_MS = 1_780_000_000_000


def test_a_second_ends_with_its_counts_and_begins_at_zero() -> None:
    tally = DeliveryTally()
    tally.count_delivered("hook", 12)
    tally.count_delivered("hook", None)
    tally.count_failed("slack")
    tally.count_suppressed(["rate", "rate", "snoozed"])

    first = tally.close_second(NOW_MS, ["hook", "slack"], {"slack": Queue(3, 1, NOW_MS - 4_000)})
    second = tally.close_second(NOW_MS + 1_000, ["hook", "slack"], {})

    hook, slack = first.receivers["hook"], first.receivers["slack"]
    assert (hook.delivered, hook.failed_attempts, hook.waiting, hook.dead, hook.oldest_waiting_ms) == (2, 0, 0, 0, 0)
    assert hook.latency is not None
    assert (hook.latency.count, hook.latency.max_ms) == (1, pytest.approx(12, rel=0.001))
    assert (slack.failed_attempts, slack.waiting, slack.dead, slack.oldest_waiting_ms) == (1, 3, 1, 4_000)
    assert slack.latency is None
    assert first.suppressed == {"rate": 2, "snoozed": 1}
    assert (second.receivers["hook"].delivered, second.receivers["slack"].failed_attempts) == (0, 0)
    assert second.suppressed == {}
    assert second.receivers["hook"].latency is not None, "latency is of the last seconds, not of one"


def test_a_receiver_that_is_no_longer_set_stays_visible_while_something_waits() -> None:
    record = DeliveryTally().close_second(NOW_MS, ["hook"], {"former": Queue(2, 0, NOW_MS)})

    assert sorted(record.receivers) == ["former", "hook"]
    assert record.receivers["former"].waiting == 2


def test_two_slow_deliveries_of_180_show_in_the_p99() -> None:
    tally = DeliveryTally()
    for latency_ms in [4] * 178 + [900] * 2:
        tally.count_delivered("hook", latency_ms)

    latency = tally.close_second(NOW_MS, ["hook"], {}).receivers["hook"].latency

    assert latency is not None
    assert latency.p99_ms == pytest.approx(900, rel=0.001)


def test_clocks_that_differ_are_kept_within_what_can_be_measured() -> None:
    tally = DeliveryTally()
    tally.count_delivered("hook", -50)
    tally.count_delivered("hook", 10 * MAX_LATENCY_US // 1000)

    latency = tally.close_second(NOW_MS, ["hook"], {}).receivers["hook"].latency

    assert latency is not None
    assert latency.count == 2
    assert 0 < latency.p50_ms < 1
    assert latency.max_ms == pytest.approx(MAX_LATENCY_US / 1000, rel=0.001)
