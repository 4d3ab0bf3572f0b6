"""Figures and budgets of a load of the gateway, from answers that are made here."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from vigie_loadtests.gateway.answers import BASES, UNKNOWN, CallAnswers
from vigie_loadtests.gateway.budgets import broken_budgets
from vigie_loadtests.gateway.recorded import RecordedCalls
from vigie_loadtests.gateway.report import GatewayLoadReport, GatewayPlan, Percentiles, summarise_gateway
from vigie_loadtests.gateway.text import gateway_file_name, gateway_text
from vigie_loadtests.latency.machine import Machine
from vigie_loadtests.latency.readings import Readings
from vigie_loadtests.latency.usage import Usage
from vigie_runtime import UnavailableError
from vigie_schemas.verdict import VERDICTS_BY_STRICTNESS

START_US = 1_735_732_800_000_000
GAP_US = 10_000
MACHINE = Machine("Linux 6", "a processor", 2, 24.0, "abc1234", {"Python": "3.11"}, 0.8, 2.1, 9.0)
PLAN = GatewayPlan(rate=100, topic_rate=100, duration=5, warm_up=0)
RECORDED = RecordedCalls(
    verdicts=500, verdicts_repeated=0, late=0, scored=500, scored_repeated=0, unscored=0
)  # fmt: skip


def answers(latencies_ms: list[float], **columns: Any) -> CallAnswers:
    """One call every 10 ms, made 1 ms late; each with its own verdict by the model unless a column says otherwise."""
    count = len(latencies_ms)
    due_us = START_US + GAP_US * np.arange(count)
    made = {
        "numbers": np.arange(count),
        "due_us": due_us,
        "sent_us": due_us + 1_000,
        "answered_us": due_us + np.array([int(1000 * value) for value in latencies_ms]),
        "statuses": np.full(count, 200),
        "is_own": np.ones(count, dtype=np.int64),
        "bases": np.full(count, BASES.index("model")),
        "verdicts": np.full(count, VERDICTS_BY_STRICTNESS.index("allow")),
        "spent_us": np.full(count, 4_000),
    }
    return CallAnswers(**(made | {name: np.array(column) for name, column in columns.items()}))


def readings(latencies_ms: list[float], sent: int | None = None) -> Readings:
    """What was written to the topic beside, one transaction every 10 ms."""
    count = len(latencies_ms)
    due_us = START_US + GAP_US * np.arange(count)
    read_us = due_us + np.array([int(1000 * value) for value in latencies_ms])
    ones = np.ones(count, dtype=np.int64)
    return Readings(count if sent is None else sent, np.arange(count), due_us, read_us, ones, ones)


def report(made: CallAnswers, plan: GatewayPlan = PLAN, recorded: RecordedCalls = RECORDED) -> GatewayLoadReport:
    usage = {"gateway": Usage(2.0, 90.0)}
    return summarise_gateway(plan, MACHINE, made, readings([5.0] * 500), recorded, usage, client_cores=0.3)


def test_figures_count_from_the_moment_a_call_was_due_and_leave_the_warm_up_out() -> None:
    found = report(answers([900.0] * 100 + [10.0] * 400), replace(PLAN, warm_up=1))

    assert (found.calls, found.answers, found.answered_in_all) == (400, 400, 500)
    assert found.gateway == Percentiles(10.0, 10.0, 10.0, 10.0, 10.0)
    assert found.topic == Percentiles(5.0, 5.0, 5.0, 5.0, 5.0)
    assert found.added_p50_ms == 5.0
    assert found.spent.p50 == 4.0
    assert found.made_late.max == 1.0
    assert found.rate == pytest.approx(100, rel=0.01)
    assert found.cpu_ms_per_1000 == {"gateway": 5_000.0}


def test_errors_and_fallbacks_are_counted_and_errors_have_no_latency() -> None:
    statuses = [200] * 496 + [503] * 3 + [0]
    bases = [BASES.index("fallback")] * 10 + [BASES.index("model")] * 486 + [UNKNOWN] * 4

    found = report(answers([10.0] * 496 + [9_000.0] * 4, statuses=statuses, bases=bases))

    assert found.statuses == {"0": 1, "200": 496, "503": 3}
    assert (found.calls, found.answers) == (500, 496)
    assert found.gateway.max == 10.0
    assert found.bases == {"model": 486, "rules": 0, "fallback": 10}
    assert found.fallback_share == pytest.approx(10 / 496)
    assert found.verdicts == {"allow": 496, "review": 0, "challenge": 0, "decline": 0}


def test_without_an_answer_there_are_no_figures() -> None:
    with pytest.raises(UnavailableError, match=r"\{'401': 5\}.*logs of gateway"):
        report(answers([1.0] * 5, statuses=[401] * 5))


def test_a_good_run_keeps_all_budgets() -> None:
    assert broken_budgets(report(answers([8.0] * 500))) == []


def test_each_missed_budget_is_a_sentence() -> None:
    spoilt = {
        "is_own": [0] * 2 + [1] * 498,
        "numbers": [1, 1, *range(2, 500)],
        "bases": [BASES.index("fallback")] * 5 + [BASES.index("model")] * 495,
        "statuses": [500] + [200] * 499,
    }
    recorded = RecordedCalls(verdicts=497, verdicts_repeated=1, late=4, scored=490, scored_repeated=2, unscored=3)
    found = replace(
        report(answers([200.0] * 500, **spoilt), replace(PLAN, rate=200), recorded), client_cores=0.95, topic_sent=501
    )

    assert broken_budgets(found) == [
        "p50 is 200.0 ms, the budget 30 ms",
        "p99 is 200.0 ms, the budget 100 ms",
        "what the gateway adds to the p50 is 195.0 ms, the budget 15 ms",
        "only 100 of 200 calls a second could be made",
        "the load itself kept 0.95 processors busy: the figures are its own too",
        "1 of 500 calls got no verdict",
        "1 answers were another call's",
        "1 calls were answered twice",
        "0.80% of the answers are fallbacks, the budget 0.10%",
        "1 transactions written to the topic were not scored",
        "2 answered calls have no verdict on the topic",
        "1 verdicts are on the topic twice",
        "2 calls were scored twice",
        "3 calls were said to be accepted and were not scored",
    ]


def test_the_text_has_every_figure() -> None:
    found = report(answers([8.0] * 500, statuses=[503] + [200] * 499))

    text = gateway_text(found, ["p99 is too high"])

    for part in (
        "gateway: due until its answer was there",
        "topic: due until its score was read",
        "The gateway adds 3.0 ms to the p50 of the topic alone.",
        "500 calls, 499 answers; errors by status (0: no connection): 503 1",
        "Fallbacks: 0.000%; basis: model 499",
        "Verdicts: allow 499",
        "500 calls scored (0 twice), 0 accepted and not scored",
        "The load itself kept 0.30 processors busy.",
        "MISSED: p99 is too high",
    ):
        assert part in text


def test_the_report_as_json_has_what_is_computed_too() -> None:
    found = json.loads(json.dumps(report(answers([8.0] * 500)).as_json()))

    assert (found["added_p50_ms"], found["fallback_share"], found["gateway"]["p99"]) == (3.0, 0.0, 8.0)


def test_a_kept_report_is_named_by_day_rate_and_commit() -> None:
    assert (
        gateway_file_name(report(answers([8.0] * 500)), datetime(2026, 12, 1, tzinfo=UTC))
        == "2026-12-01-gateway-100-abc1234.txt"
    )
