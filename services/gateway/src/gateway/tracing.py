"""Traces by OpenTelemetry from the call to its verdict and alert; off unless an OTLP endpoint is set."""

import time
from collections.abc import Mapping
from typing import Any, Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

SPAN_PATH: Final = "/v1/traces"
TRACE_HEADER: Final = "traceparent"
SHOWN: Final = (
    "caller",
    "request_id",
    "verdict",
    "would_be",
    "basis",
    "fallback_cause",
    "severity",
    "policy",
    "spent_ms",
)
"""Of a verdict, as attributes of its span; nothing that names an account or a payment."""


class CallTrace:
    """The spans of one call; times are of the wall clock."""

    def __init__(self, traces: "Traces", span: Span) -> None:
        self._traces = traces
        self._span = span
        self._sent_ns = time.time_ns()
        self._acknowledged_ns: int | None = None

    def headers(self) -> tuple[tuple[str, bytes], ...]:
        """For the payment's record, so that who reads the topic can go on with the trace."""
        carrier: dict[str, str] = {}
        self._traces.propagator.inject(carrier, set_span_in_context(self._span))
        return tuple((name, value.encode()) for name, value in carrier.items())

    def acknowledged(self) -> None:
        """Kafka has the payment."""
        if self._acknowledged_ns is None:
            self._acknowledged_ns = time.time_ns()
            self._traces.child(self._span, "kafka", self._sent_ns)

    def judged(self) -> None:
        """The scored record was read."""
        self._traces.child(self._span, "detector", self._acknowledged_ns or self._sent_ns)

    def explained(self) -> None:
        """The alert was read."""
        self._traces.child(self._span, "alert", self._acknowledged_ns or self._sent_ns)

    def answered(self, record: Mapping[str, Any]) -> None:
        """The verdict was given."""
        for name in SHOWN:
            if record[name] is not None:
                self._span.set_attribute(f"vigie.{name}", record[name])

    def refused(self, problem: str) -> None:
        """The call got a problem of this name."""
        self._span.set_attribute("vigie.problem", problem)

    def end(self) -> None:
        """The call is over."""
        self._span.end()


class Traces:
    """Begins traces and exports them in the background; what cannot be exported is dropped."""

    def __init__(self, endpoint: str) -> None:
        """`endpoint` as OTEL_EXPORTER_OTLP_ENDPOINT has it: without a path."""
        self._provider = TracerProvider(resource=Resource.create({"service.name": "gateway"}), shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint=endpoint.rstrip("/") + SPAN_PATH)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("gateway")
        self.propagator = TraceContextTextMapPropagator()

    def begin(self, traceparent: str | None) -> CallTrace:
        """A call's trace, in the caller's where it sends a traceparent."""
        context = self.propagator.extract({TRACE_HEADER: traceparent}) if traceparent else None
        return CallTrace(self, self._tracer.start_span("payment", context, SpanKind.SERVER))

    def child(self, parent: Span, name: str, start_ns: int) -> None:
        """A span within another, from then to now."""
        self._tracer.start_span(name, set_span_in_context(parent), start_time=start_ns).end()

    def close(self) -> None:
        """Export what is left."""
        self._provider.shutdown()


def traces_of(endpoint: str | None) -> Traces | None:
    """None where traces are off."""
    return Traces(endpoint) if endpoint else None
