"""Points in line protocol: only listed names, and valid whatever text a message has."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from influxdb_client import Point

from metrics_sink.figures.tally import Tally
from metrics_sink.influx.downsampling import span_flux, task_flux
from metrics_sink.influx.line_protocol import line
from metrics_sink.influx.points import points
from metrics_sink.intake.records import AlertRecord, LabelRecord, ScoredRecord, VerdictRecord
from metrics_sink.intake.seconds import ReceivedRecord
from vigie_schemas import MEASUREMENTS, measurements
from vigie_schemas.delivery import DeliveryMetrics, ReceiverMetrics

NOW_S = 1_780_000_000
Scored = Callable[..., ScoredRecord]
Alerted = Callable[..., AlertRecord]


def test_a_line_is_what_influxdbs_own_client_writes() -> None:
    own = line(
        measurements.ALERTS_RAISED, 5, {"count": 2, "money_eur": 10.5}, {"severity": "high", "segment": "a b,c=d"}
    )

    point = Point("alerts").tag("severity", "high").tag("segment", "a b,c=d").time(5)
    theirs = point.field("count", 2.0).field("money_eur", 10.5).to_line_protocol()
    assert sorted(parts(own)) == sorted(parts(theirs.replace("count=2,", "count=2.0,")))


def parts(text: str) -> list[str]:
    named, fields, at = text.replace("\\ ", "_").split(" ")
    return [*named.split(","), *fields.split(","), at]


@settings(deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_makes_a_second_line_or_field(tag: str, text: str) -> None:
    written = line(measurements.ALERT, 7, {"first_reason": text}, {"severity": tag, "segment": "s"})

    assert "\n" not in written
    assert written.endswith('" 7')


def test_a_value_that_is_no_number_is_left_out() -> None:
    assert line(measurements.CANARY, 1, {"flagged_age_s": float("nan"), "detect_ms": None}) == ""


@pytest.mark.parametrize(
    ("fields", "tags"), [({"speed": 1}, {}), ({"waiting": 1}, {}), ({"waiting": 1}, {"topic": "t"})]
)
def test_only_listed_names_are_written(fields: dict[str, int], tags: dict[str, str]) -> None:
    with pytest.raises(KeyError):
        line(measurements.LAG, 1, fields, tags)


def test_a_second_gives_its_points(scored: Scored, alerted: Alerted) -> None:
    tally = Tally("transactions", lambda key: None, chance=random.Random(1))
    tally.second = NOW_S
    for record in (scored(0, score=0.9), alerted("t0-0"), LabelRecord("t0-0", False, True, None, 0)):
        tally.count(ReceivedRecord(record, NOW_S * 1_000_000, NOW_S * 1000 + 3), True)
    receiver = ReceiverMetrics(delivered=1, failed_attempts=0, waiting=2, dead=0, oldest_waiting_ms=1500, latency=None)
    delivery = DeliveryMetrics(
        schema_version=1, at_ms=NOW_S * 1000 + 1000, receivers={"slack": receiver}, suppressed={"canary": 1}
    )
    tally.count(ReceivedRecord(delivery, 0, 0), True)

    written = points(tally.close_second().with_lag({"0": 3}))

    at = f" {NOW_S}000000000"
    assert f"throughput transactions=1.0,scored=1.0,learning=0.0,rejected=0.0,alerts=1.0,missing=0.0{at}" in written
    assert f"lag,partition=0 waiting=3.0{at}" in written
    assert f"alerts,severity=high,segment=established_account count=1.0,money_eur=612.5{at}" in written
    assert f"fraud,scenario=unknown caught=1.0,missed=0.0,caught_eur=20.0,missed_eur=0.0{at}" in written
    assert f"suppressed,cause=canary count=1.0{at}" in written
    assert any(text.startswith("delivery,receiver=slack delivered=1.0") and text.endswith(at) for text in written)
    assert any(text.startswith("alert,severity=high") and text.endswith(f" {NOW_S}003000000") for text in written)


def test_without_a_gateway_nothing_of_one_is_written(scored: Scored) -> None:
    tally = Tally("transactions", lambda key: None, chance=random.Random(1))
    tally.count(ReceivedRecord(scored(0), NOW_S * 1_000_000, NOW_S * 1000), True)

    assert not [text for text in points(tally.close_second()) if text.startswith(("gateway", "fallbacks"))]


def test_a_gateways_second_gives_its_points(answered: Callable[..., VerdictRecord]) -> None:
    tally = Tally("transactions", lambda key: None, chance=random.Random(1))
    tally.second = NOW_S
    for record in (
        answered("t1", verdict="decline", would_be=None),
        answered("t2", would_be="review"),
        answered("t3", basis="fallback", fallback_cause="kafka"),
        answered("t3", is_late=True),
    ):
        tally.count(ReceivedRecord(record, 0, NOW_S * 1000), True)

    (gateway,) = [text for text in points(tally.close_second()) if text.startswith("gateway ")]
    fields = dict(part.split("=") for part in gateway.split(" ")[1].split(","))
    quiet = points(tally.close_second())

    assert set(fields) == set(measurements.GATEWAY.field_names)
    counted = {name: float(value) for name, value in fields.items() if float(value) and not name.endswith("_ms")}
    assert counted == {
        "calls": 3, "allow": 2, "decline": 1, "would_review": 1, "by_model": 2, "by_fallback": 1, "late": 1
    }  # fmt: skip
    assert float(fields["p99_ms"]) == pytest.approx(40, rel=0.002)
    (zeros,) = [text for text in quiet if text.startswith("gateway ")]
    assert "calls=0.0,late=0.0,allow=0.0" in zeros
    assert "_ms" not in zeros


def test_a_fallbacks_cause_is_a_tag(answered: Callable[..., VerdictRecord]) -> None:
    tally = Tally("transactions", lambda key: None, chance=random.Random(1))
    tally.second = NOW_S
    for number, cause in enumerate(("kafka", "deadline", "deadline")):
        record = answered(f"t{number}", basis="fallback", fallback_cause=cause)
        tally.count(ReceivedRecord(record, 0, NOW_S * 1000), True)

    written = [text for text in points(tally.close_second()) if text.startswith("fallbacks")]

    at = f" {NOW_S}000000000"
    assert sorted(written) == [f"fallbacks,cause=deadline count=2.0{at}", f"fallbacks,cause=kafka count=1.0{at}"]


def test_every_numeric_field_has_its_minute() -> None:
    flux = span_flux("vigie", 60, 120)

    for measurement in MEASUREMENTS:
        assert f'"{measurement.name}"' in flux
        for field in measurement.fields:
            assert (f'r._field == "{field.name}"' in flux) or field.is_text or measurement.is_event


def test_spans_are_whole_minutes() -> None:
    assert "start: 60, stop: 180" in span_flux("vigie", 61, 121)
    assert task_flux("vigie").startswith('import "date"\noption task')
