"""Figures of delivery, second by second."""

from alert_webhook.core.outbox.deliveries import Queue
from alert_webhook.delivery.tally import LONGEST_MS, WINDOW_SECONDS, DeliveryTally, LatencyWindow

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
    assert (hook.latency.count, hook.latency.max_ms) == (1, 12.0)
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


def test_latency_is_of_the_last_seconds() -> None:
    window = LatencyWindow()
    for latency_ms in range(1, 101):
        window.add(latency_ms)

    first = window.close_second()
    rest = [window.close_second() for _ in range(WINDOW_SECONDS)]

    assert first is not None
    assert (first.count, first.p50_ms, first.p99_ms, first.max_ms) == (100, 50.0, 99.0, 100.0)
    assert rest[-2] is not None
    assert rest[-2].seconds == WINDOW_SECONDS
    assert rest[-1] is None


def test_clocks_that_differ_are_kept_within_what_can_be_told() -> None:
    window = LatencyWindow()
    window.add(-50)
    window.add(LONGEST_MS * 10)

    latency = window.close_second()

    assert latency is not None
    assert (latency.p50_ms, latency.count) == (1.0, 2)
