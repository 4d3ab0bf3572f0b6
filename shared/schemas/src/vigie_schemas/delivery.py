"""One second of the alerts' way out, in figures."""

from pydantic import Field

from vigie_schemas.metrics import Count, Latency
from vigie_schemas.record import Part, Record, TimestampMs


class ReceiverMetrics(Part):
    """One receiver; counts are of the second, `waiting` and `dead` are as they stand."""

    delivered: Count = Field(description="Alerts the receiver accepted.")
    failed_attempts: Count = Field(description="Attempts that were refused or not answered.")
    waiting: Count = Field(description="Alerts not delivered yet.")
    dead: Count = Field(description="Alerts given up.")
    oldest_waiting_ms: Count = Field(description="Age of the oldest waiting alert; 0 when none waits.")
    latency: Latency | None = Field(description="Alert written to Kafka to accepted; null while nothing was.")


class DeliveryMetrics(Record):
    """Published once a second by the alert webhook; the metrics sink writes it on to InfluxDB."""

    at_ms: TimestampMs = Field(description="End of the second, milliseconds since 1970 UTC.")
    receivers: dict[str, ReceiverMetrics] = Field(description="By the receiver's name.")
    suppressed: dict[str, Count] = Field(description="Alerts of the second kept back on purpose, by cause.")
