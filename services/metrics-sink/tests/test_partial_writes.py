"""What is stored and what is dropped is counted exactly, whatever InfluxDB refuses and however it says so."""

import json
from collections.abc import Callable
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from influxdb_client.rest import ApiException

from metrics_sink.influx.partial_writes import write_lines

SHARD_SECONDS = 100
KEPT_FROM = 250
UNPARSABLE, CONFLICTING, SOUND = b"m a=", b'm a="x"', b"m a=1"
LINES = st.lists(st.tuples(st.sampled_from([UNPARSABLE, CONFLICTING, SOUND]), st.integers(0, 600)), min_size=1)


class Answer:
    """An HTTP answer as the client's exception takes it."""

    def __init__(self, status: int, body: str) -> None:
        self.status, self.reason, self.data = status, "", body

    def getheader(self, name: str) -> None:
        return None

    def getheaders(self) -> dict[str, str]:
        return {}


def refusal(status: int, message: str, code: str = "invalid") -> ApiException:
    return ApiException(http_resp=Answer(status, json.dumps({"code": code, "message": message})))


class InfluxRules:
    """InfluxDB 2.7's rules, its miscounting included; tests/integration/test_influx_writer.py asks a real one."""

    def __init__(self, max_lines: int) -> None:
        self.stored: set[tuple[bytes, int]] = set()
        self._max_lines = max_lines

    def write(self, body: bytes) -> None:
        points = [(series, int(at)) for series, at in (line.rsplit(b" ", 1) for line in body.split(b"\n"))]
        if len(points) > self._max_lines:
            raise ApiException(http_resp=Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "<html>too large</html>"))
        if any(series == UNPARSABLE for series, _ in points):
            raise refusal(HTTPStatus.BAD_REQUEST, "unable to parse 'm a= 1': missing field value")
        kept = [point for point in points if point[1] >= KEPT_FROM]
        dropped = {point[1] // SHARD_SECONDS: 0 for point in kept}
        for series, at in kept:
            if series == CONFLICTING:
                dropped[at // SHARD_SECONDS] += 1
            else:
                self.stored.add((series, at))
        conflicts = next((number for number in dropped.values() if number), 0)  # of one shard only
        reported = conflicts or len(points) - len(kept)  # and without what is older than the retention period
        if reported:
            message = f"failure writing points to database: partial write: something dropped={reported} for database: d"
            raise refusal(HTTPStatus.UNPROCESSABLE_ENTITY, message, "unprocessable entity")


@given(LINES, st.integers(1, 80))
def test_written_and_dropped_are_all_that_was_sent(points: list[tuple[bytes, int]], max_lines: int) -> None:
    influx = InfluxRules(max_lines)
    sound = [(series, at) for series, at in points if series == SOUND and at >= KEPT_FROM]

    outcome = write_lines(influx.write, [b"%s %d" % point for point in points])

    assert influx.stored == set(sound)
    assert (outcome.written, outcome.dropped) == (len(sound), len(points) - len(sound))
    assert bool(outcome.reason) == (outcome.dropped > 0)


def test_sound_lines_take_one_request() -> None:
    requests: list[bytes] = []

    write_lines(requests.append, [SOUND + b" 1", SOUND + b" 2"])

    assert requests == [SOUND + b" 1\n" + SOUND + b" 2"]


def always(error: ApiException) -> Callable[[bytes], None]:
    def write(body: bytes) -> None:
        raise error

    return write


@pytest.mark.parametrize(
    "error",
    [
        refusal(HTTPStatus.UNAUTHORIZED, "unauthorized access", "unauthorized"),
        refusal(HTTPStatus.NOT_FOUND, "bucket not found", "not found"),
        refusal(HTTPStatus.TOO_MANY_REQUESTS, "", "too many requests"),
        refusal(HTTPStatus.SERVICE_UNAVAILABLE, "", "unavailable"),
        ApiException(http_resp=Answer(HTTPStatus.BAD_REQUEST, "Client sent an HTTP request to an HTTPS server.\n")),
        ApiException(http_resp=Answer(HTTPStatus.BAD_REQUEST, "[]")),
        ApiException(http_resp=Answer(HTTPStatus.BAD_REQUEST, "")),
    ],
    ids=lambda error: f"{error.status} {error.body[:20]}",
)
def test_an_answer_that_may_pass_drops_nothing(error: ApiException) -> None:
    with pytest.raises(ApiException) as raised:
        write_lines(always(error), [SOUND + b" 1", SOUND + b" 2"])

    assert raised.value is error


def test_a_partial_write_without_a_number_is_counted_line_by_line() -> None:
    def write(body: bytes) -> None:
        if CONFLICTING in body:
            raise refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "some other words", "unprocessable entity")

    outcome = write_lines(write, [SOUND + b" 1", CONFLICTING + b" 1", SOUND + b" 2"])

    assert (outcome.written, outcome.dropped) == (2, 1)
