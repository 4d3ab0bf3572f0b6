"""Every contract with its version, who writes and reads it, and how long what was written is read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from vigie_schemas.calibration import Calibration
from vigie_schemas.compatibility.alternatives import JsonSchema
from vigie_schemas.record import Record
from vigie_schemas.thresholds import Thresholds
from vigie_schemas.topics import DAY_MS, TOPICS, Topic

OPEN_LISTS: Final = {"transactions.alerts": {"transaction.currency": "ISO 4217"}}
"""By topic. A currency without an alert would be worse for a receiver than a code it cannot name (docs/adr/0006)."""


@dataclass(frozen=True)
class Contract:
    """One version of a contract."""

    record: type[Record]
    place: str
    """Where its records are: a topic's name, or the registry."""
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    kept: str
    """How long a record may be read after it was written."""
    outside_readers: str | None = None
    """Readers that are not rolled out with Vigie."""
    open_lists: Mapping[str, str] = field(default_factory=dict)
    """Path of a text → the list it is from, which others extend: readers have to expect a value they do not know."""

    @property
    def version(self) -> int:
        """The one `schema_version` that its records have."""
        return int(self.schema()["properties"]["schema_version"]["maximum"])

    @property
    def name(self) -> str:
        """Like `Alert.v1`: the class's name, where that of a later version ends in its number (`AlertV2`)."""
        return f"{re.sub(r'V[0-9]+$', '', self.record.__name__)}.v{self.version}"

    @property
    def file_name(self) -> str:
        """Of its snapshot."""
        return f"{self.name}.schema.json"

    def schema(self) -> JsonSchema:
        """JSON Schema of its records."""
        return self.record.model_json_schema()


def _of_topic(topic: Topic) -> Contract:
    return Contract(
        record=topic.record,
        place=topic.name,
        producers=topic.producers,
        consumers=topic.consumers,
        kept=_kept(topic),
        outside_readers="receivers of signed webhooks" if topic.name == "transactions.alerts" else None,
        open_lists=OPEN_LISTS.get(topic.name, {}),
    )


def _kept(topic: Topic) -> str:
    if topic.is_compacted:
        return "as long as no other has its key"
    days = topic.retention_ms // DAY_MS
    return f"{days} day{'s' if days > 1 else ''}"


CONTRACTS: Final = (
    *(_of_topic(topic) for topic in TOPICS),
    Contract(
        Calibration, "the registry", ("trainer",), ("spark-detector", "metrics-sink", "trainer"), "as long as its model"
    ),
    Contract(Thresholds, "the registry", ("trainer",), ("spark-detector", "trainer"), "as long as its model"),
)
