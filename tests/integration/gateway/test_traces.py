"""Traces of calls, received as an OTLP collector receives them."""

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from vigie_runtime import KafkaSettings
from vigie_testing.played_detector import PlayedDetector
from vigie_testing.running_gateway import payment, running, settings_of

pytestmark = pytest.mark.integration

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def collector() -> Iterator[tuple[str, list[ExportTraceServiceRequest]]]:
    received: list[ExportTraceServiceRequest] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            received.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", received
        server.shutdown()


def test_a_call_is_one_trace_from_the_caller_to_the_alert(
    kafka: KafkaSettings, detector: PlayedDetector, collector: tuple[str, list[ExportTraceServiceRequest]]
) -> None:
    address, received = collector
    with running(settings_of(kafka, OTEL_EXPORTER_OTLP_ENDPOINT=address)) as gateway:
        gateway.wait_ready()
        headers = {"traceparent": f"00-{TRACE_ID}-b7ad6b7169203331-01", "Vigie-Deadline-Ms": "10000"}
        sent = payment(amount=9_500.0, account_id="acct-traced")
        answer = gateway.http.post("/v1/transactions", json=sent, headers=headers)
        assert answer.json()["verdict"] == "decline"

    spans = [span for each in received for one in each.resource_spans for s in one.scope_spans for span in s.spans]
    assert {span.trace_id.hex() for span in spans} == {TRACE_ID}
    by_name = {span.name: span for span in spans}
    assert {"payment", "detector", "alert"} <= set(by_name)
    root = by_name["payment"]
    assert root.parent_span_id.hex() == "b7ad6b7169203331"
    assert {span.parent_span_id for span in spans if span.name != "payment"} == {root.span_id}
    said = {each.key: each.value.string_value for each in root.attributes}
    assert (said["vigie.verdict"], said["vigie.basis"]) == ("decline", "model")
    assert not [value for value in said.values() if "acct-traced" in value or sent["transaction_id"] in value]
