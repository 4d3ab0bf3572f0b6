"""What the challenger said and how it compares go to Kafka; people's word on it comes back."""

from collections.abc import Iterator
from typing import Final

import orjson
from pydantic import ValidationError

from trainer.shadow.rows import JudgedRows
from trainer.shadow.watching_model import Opinion
from trainer.topic_reader import TopicReader
from vigie_runtime import AcknowledgedProducer, KafkaSettings, Outgoing
from vigie_schemas import (
    APPROVALS,
    CHALLENGER_SCORES,
    SCHEMA_VERSION,
    SHADOW_REPORTS,
    Approval,
    ShadowReport,
)

REPLAYED_APPROVALS: Final = 1_000
READ_SECONDS: Final = 0.05


class ShadowTopics:
    """Writes scores and reports; used by one thread only. Both methods raise UnavailableError."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._producer = AcknowledgedProducer(settings)
        self._scores = settings.topic_name(CHALLENGER_SCORES)
        self._reports = settings.topic_name(SHADOW_REPORTS)

    def write_scores(self, rows: JudgedRows, opinion: Opinion, challenger_version: int) -> None:
        """One record a row, with both versions' word."""
        self._producer.send(self._scores, challenger_records(rows, opinion, challenger_version))

    def write_report(self, report: ShadowReport) -> None:
        """The last one of each challenger stands."""
        self._producer.send(self._reports, [Outgoing(str(report.challenger_version), report.model_dump_json())])

    def close(self) -> None:
        """Leave Kafka."""
        self._producer.close()


class ApprovalsTopic(TopicReader):
    """Reads what people said of challengers, what they said before a start included."""

    def __init__(self, settings: KafkaSettings) -> None:
        super().__init__(settings, APPROVALS)
        self._follows = False

    def arrived(self) -> list[Approval]:
        """Those that came since the last look; what cannot be read says nothing. Raises UnavailableError."""
        if not self._follows:
            self.follow(REPLAYED_APPROVALS)
            self._follows = True
        return [found for message in self.read_on(READ_SECONDS) if (found := _approval(message.value())) is not None]


def _approval(payload: bytes | None) -> Approval | None:
    try:
        return Approval.model_validate_json(payload or b"")
    except ValidationError:
        return None


def challenger_records(rows: JudgedRows, opinion: Opinion, challenger_version: int) -> Iterator[Outgoing]:
    """One record a row, with both versions' word."""
    columns = zip(
        rows.transaction_ids,
        rows.account_ids,
        rows.segments,
        rows.timestamps_ms.tolist(),
        rows.model_versions.tolist(),
        rows.scores.tolist(),
        rows.alerts.tolist(),
        opinion.scores.tolist(),
        opinion.thresholds.tolist(),
        opinion.alerts.tolist(),
        strict=True,
    )
    for name, account, segment, at_ms, version, score, alert, other_score, other_threshold, other_alert in columns:
        # not by pydantic, which takes three times as long: tests read what is written by the contract
        record = {
            "schema_version": SCHEMA_VERSION,
            "transaction_id": name,
            "account_id": account,
            "timestamp_ms": at_ms,
            "segment": segment,
            "model_version": version,
            "score": score,
            "is_anomaly": alert,
            "challenger_version": challenger_version,
            "challenger_score": other_score,
            "challenger_threshold": other_threshold,
            "challenger_is_anomaly": other_alert,
        }
        yield Outgoing(account, orjson.dumps(record))
