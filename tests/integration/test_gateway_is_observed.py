"""What a real gateway answers and writes, as its observers take it: the page's client, figures, and webhooks."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from confluent_kafka import Consumer, Message, TopicPartition
from pydantic import SecretStr

from alert_webhook.delivery.late_verdicts import read_late
from alert_webhook.errors import GatewayAccessError, GatewayRefusalError
from alert_webhook.web.gateway_client import GatewayClient
from metrics_sink.intake.parsing import read_verdict
from metrics_sink.intake.records import VerdictRecord
from vigie_runtime import KafkaSettings
from vigie_schemas import VERDICTS
from vigie_testing.played_detector import PlayedDetector
from vigie_testing.running_gateway import GatewayCaller, running, settings_of
from vigie_testing.waiting import wait_until

pytestmark = pytest.mark.integration

TOKEN = "a-token-of-the-page-0123456789"
POLICY = """\
[[verdicts]]
severity = "high"
verdict = "decline"
[callers.default]
deadline_ms = {deadline_ms}
"""
FLAGGED = 9_000.0
"""Ninety percent of what the played detector scores as 1."""


@pytest.fixture
def detector(kafka: KafkaSettings) -> Iterator[PlayedDetector]:
    with PlayedDetector(kafka) as detector:
        yield detector


@contextmanager
def a_page(kafka: KafkaSettings, token: str = TOKEN, *, deadline_ms: int = 10_000) -> Iterator[GatewayClient]:
    """The page's client of a gateway that asks for a token."""
    policy = kafka.data_dir / "policy.toml"
    policy.write_text(POLICY.format(deadline_ms=deadline_ms))
    tokens = (SecretStr(f"page:send+read:{TOKEN}"),)
    with (
        running(settings_of(kafka, gateway_tokens=tokens, policy_file=policy)) as gateway,
        closing(GatewayClient(gateway.address, token)) as client,
    ):
        gateway.wait_ready()
        yield client


def a_payment(name: str, **changes: object) -> dict[str, object]:
    return {"transaction_id": name, "account_id": "acct-1", "amount": 42.0, "currency": "EUR"} | changes


class VerdictReader:
    """All that stands on the topic, as both observers read it."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._consumer = Consumer(kafka.consumer_config("observer"))
        name = kafka.topic_name(VERDICTS)
        self._consumer.assign([TopicPartition(name, number, 0) for number in range(VERDICTS.partitions)])
        self._messages: list[Message] = []

    def read(self) -> dict[str, VerdictRecord]:
        """By verdict id; a record that the sink cannot read fails the test."""
        self._messages += [message for message in self._consumer.consume(100, timeout=0.2) if not message.error()]
        records = [read_verdict(message.value() or b"") for message in self._messages]
        assert None not in records
        return {record.verdict_id: record for record in records if record is not None}

    def late(self) -> list[str]:
        return [verdict.transaction_id for message in self._messages if (verdict := read_late(message))]

    def close(self) -> None:
        self._consumer.close()


@pytest.mark.usefixtures("detector")
def test_the_page_is_answered_as_any_caller_is(kafka: KafkaSettings) -> None:
    with a_page(kafka) as page:
        ordinary = page.judge(a_payment("t1"))
        flagged = page.judge(a_payment("t2", amount=FLAGGED))
        numbered = page.judge(a_payment("t3", account_id="DE89 3704 0044 0532 0130 00"))

        with pytest.raises(GatewayRefusalError, match="amount"):
            page.judge(a_payment("t4", amount=-5.0))

    assert (ordinary.basis, ordinary.severity, ordinary.reasons) == ("model", None, [])
    assert flagged.severity is not None
    assert flagged.score == pytest.approx(0.9)
    assert [reason.text for reason in flagged.reasons] == ["far above its usual"]
    assert flagged.verdict == "decline"
    assert "3704" not in numbered.account_id


def test_after_a_fallback_the_page_finds_the_true_verdict(kafka: KafkaSettings, detector: PlayedDetector) -> None:
    with a_page(kafka, deadline_ms=50) as page:
        detector.works.clear()
        answered = page.judge(a_payment("t1", amount=FLAGGED))
        before = page.later("t1")
        detector.works.set()
        later = wait_until(lambda: page.later("t1").later, what="the true verdict")

    assert (answered.basis, answered.fallback_cause) == ("fallback", "deadline")
    assert before.later is None
    assert later is not None
    assert (later.basis, later.verdict) == ("model", "decline")


@pytest.mark.usefixtures("detector")
def test_a_page_with_another_token_is_not_let_in(kafka: KafkaSettings) -> None:
    with a_page(kafka, token="another-token-0123456789") as page, pytest.raises(GatewayAccessError, match="TOKEN"):
        page.judge(a_payment("t1"))


def test_observers_read_what_the_gateway_writes(kafka: KafkaSettings, detector: PlayedDetector) -> None:
    with running(settings_of(kafka)) as gateway, closing(VerdictReader(kafka)) as topic:
        gateway.wait_ready()
        answered = answer_three(gateway, detector)
        records = wait_until(lambda: found if len(found := topic.read()) >= 4 else None, what="four verdicts")

    assert set(records) == {"t1", "t2", "t3", "t3 late"}
    assert topic.late() == ["t3"]
    assert records["t2"].verdict == answered["t2"]["verdict"]
    assert (records["t3"].basis, records["t3"].fallback_cause) == ("fallback", "deadline")
    assert records["t3 late"].basis == "model"
    assert records["t1"].spent_ms == pytest.approx(answered["t1"]["spent_ms"])


def answer_three(gateway: GatewayCaller, detector: PlayedDetector) -> dict[str, dict]:
    """An ordinary payment, a flagged one, and one that the detector judges only after its deadline."""
    answered = {
        "t1": gateway.verdict(transaction_id="t1"),
        "t2": gateway.verdict(transaction_id="t2", amount=FLAGGED),
    }
    detector.works.clear()
    answered["t3"] = gateway.verdict(transaction_id="t3", deadline_ms=50)
    detector.works.set()
    return answered
