"""When: every way of writing a time, and what it becomes where only the day is known."""

# ruff: noqa: DTZ001, DTZ007 - clocks on walls have no zone

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie_intake.fields.times import TimeReader
from vigie_intake.mapping import Precision, Timestamp
from vigie_runtime import ConfigurationError
from vigie_schemas.record import EARLIEST_TIMESTAMP_MS, LATEST_TIMESTAMP_MS

NOON = datetime(2024, 1, 31, 12, 34, 56, tzinfo=UTC)
NOON_MS = 1_706_704_496_000
DAY_MS = 1_706_659_200_000
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31, 23, 59, 59))


def read(values: Any, type: pa.DataType | None = None, **part: Any) -> list[int | None]:
    batch = pa.record_batch({"t": pa.array(values, type)})
    return TimeReader(Timestamp(column="t", **part)).read(batch).values.to_pylist()


def milliseconds(moment: datetime) -> int:
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-31T12:34:56Z",
        "2024-01-31 12:34:56",
        "2024-01-31T12:34:56",
        "2024-01-31T13:34:56+01:00",
        "2024-01-31T13:34:56+0100",
        "2024-01-31T13:34:56+01",
        "2024-01-31 07:04:56 -05:30",
        "2024-01-31 12:34:56 UTC",
        "2024/01/31 12:34:56",
        "20240131T123456",
        "20240131T123456Z",
        "20240131123456",
        " 2024-01-31T12:34:56 ",
        "1706704496",
        "1706704496000",
        "1706704496000000",
        "1706704496000000000",
        "1706704496.0",
    ],
)
def test_a_moment_is_the_same_however_it_is_written(text: str) -> None:
    assert read([text]) == [NOON_MS]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("31.01.2024 12:34:56", "%d.%m.%Y %H:%M:%S"),
        ("31.1.24 12:34:56", "%d.%m.%y %H:%M:%S"),
        ("1/31/2024 12:34:56 PM", "%m/%d/%Y %I:%M:%S %p"),
        ("Wed, 31 Jan 2024 12:34:56 GMT", "%a, %d %b %Y %H:%M:%S %z"),
        ("31 January 2024  12:34:56", "%d %B %Y %H:%M:%S"),
        ("31012024123456", "%d%m%Y%H%M%S"),
        ("2024-01-31T12:34:56Z", "%Y-%m-%dT%H:%M:%SZ"),
        ("100 % 2024-01-31 12:34:56", "100 %% %Y-%m-%d %H:%M:%S"),
    ],
)
def test_a_format_says_how_a_time_is_written(text: str, form: str) -> None:
    assert read([text], format=form) == [NOON_MS]


@pytest.mark.parametrize(
    "text",
    [
        *("2024-02-30", "2023-02-29", "2024-13-01", "2024-00-10", "2024-01-31T24:00:00", "2024-01-31 12:60"),
        *("31/01/2024", "01/31/2024", "yesterday", "2024-01", "1999-12-31", "2100-01-01", "45322", "45322.5", "", "0"),
        *("-1", "1.7E+12", "2024-01-31 12:34:56 CET", "2024-01-31T12:34:56Z!", "99999999999999999999999"),
        "\u0662\u0660\u0662\u0664-\u0660\u0661-\u0663\u0661",
    ],
)
def test_what_is_no_time_of_this_century_is_refused(text: str) -> None:
    verdict = TimeReader(Timestamp(column="t")).read(pa.record_batch({"t": [text, "2024-01-31"]}))

    assert verdict.values.to_pylist() == [None, DAY_MS]
    assert verdict.broken.tolist() == [True, False]


@pytest.mark.parametrize(
    ("kind", "value"),
    [(pa.timestamp(unit, zone), NOON.replace(tzinfo=None) if zone is None else NOON) for unit in ("s", "ms", "us", "ns")
     for zone in (None, "UTC", "Europe/Paris", "+01:00")]
    + [(pa.int64(), NOON_MS), (pa.uint64(), NOON_MS), (pa.int32(), NOON_MS // 1000), (pa.float64(), NOON_MS / 1000)]
    + [(pa.float64(), float(NOON_MS)), (pa.decimal128(20, 0), Decimal(NOON_MS)), (pa.large_string(), str(NOON_MS))]
    + [(pa.dictionary(pa.int8(), pa.string()), "2024-01-31 12:34:56")],
)  # fmt: skip
def test_every_type_of_column_is_read(kind: pa.DataType, value: Any) -> None:
    assert read([value, None], kind) == [NOON_MS, None]


@pytest.mark.parametrize("kind", [pa.date32(), pa.date64()])
def test_a_date_is_midnight_of_its_day_in_utc_whatever_the_zone(kind: pa.DataType) -> None:
    assert read([date(2024, 1, 31)], kind, zone="America/New_York") == [DAY_MS]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize(
    "text",
    [
        *("2024-01-31", "20240131", "2024-01-31 00:00:00", "2024-01-31T00:00:00.000", "2024-01-31T00:00:00+05:30"),
        "2024-01-31 12",
    ],
)
def test_a_time_that_only_tells_the_day_is_midnight_of_its_date(text: str, zone: str) -> None:
    assert read([text], zone=zone) == [DAY_MS]


@pytest.mark.parametrize("precision", [Precision.DAY, Precision.HOUR])
def test_a_precision_coarser_than_a_minute_leaves_the_date(precision: Precision) -> None:
    late_in_new_york = datetime(2024, 2, 1, 3, 30, tzinfo=UTC)

    assert read(["2024-01-31 22:30"], precision=precision, zone="America/New_York") == [DAY_MS]
    assert read(["2024-01-31T22:30:00-05:00"], precision=precision) == [DAY_MS]
    assert read([late_in_new_york], pa.timestamp("us", "UTC"), precision=precision, zone="America/New_York") == [DAY_MS]


@pytest.mark.parametrize("precision", [Precision.SECOND, Precision.MINUTE])
def test_a_precision_that_is_given_makes_midnight_a_time_like_any_other(precision: Precision) -> None:
    assert read(["2024-01-31 00:00:00"], precision=precision, zone="Europe/Paris") == [DAY_MS - 3_600_000]
    assert read(["2024-01-31"], precision=precision, zone="Europe/Paris") == [DAY_MS]


def test_midnight_in_the_zone_of_a_column_is_a_day() -> None:
    midnight = datetime(2024, 1, 30, 23, 0, tzinfo=UTC)

    assert read([midnight], pa.timestamp("ms", "Europe/Paris")) == [DAY_MS]
    assert read([midnight], pa.timestamp("ms", "UTC"), zone="Europe/Paris") == [DAY_MS]
    assert read([midnight], pa.timestamp("ms", "UTC")) == [milliseconds(midnight)]


def test_a_fraction_of_a_second_is_cut_to_milliseconds() -> None:
    assert read(["2024-01-31T12:34:56.1239999", "2024-01-31T12:34:56,5"]) == [NOON_MS + 123, NOON_MS + 500]
    assert read(["1706704496.123", "1706704496.5"]) == [NOON_MS + 123, NOON_MS + 500]


def test_seconds_among_milliseconds_are_refused_not_read_as_something_else() -> None:
    values = [NOON_MS + number for number in range(98)] + [NOON_MS // 1000] * 2

    assert read(values) == [*values[:98], None, None]
    assert read([str(value) for value in values]) == [*values[:98], None, None]


def test_what_the_numbers_are_is_decided_once_for_all_batches() -> None:
    reader = TimeReader(Timestamp(column="t"))
    first = reader.read(pa.record_batch({"t": [NOON_MS] * 3}))
    second = reader.read(pa.record_batch({"t": [NOON_MS // 1000] * 3 + [NOON_MS]}))

    assert first.values.to_pylist() == [NOON_MS] * 3
    assert second.values.to_pylist() == [None, None, None, NOON_MS]


def test_a_first_batch_without_any_time_decides_nothing() -> None:
    reader = TimeReader(Timestamp(column="t"))

    assert reader.read(pa.record_batch({"t": ["n/a", "?"]})).values.to_pylist() == [None, None]
    assert reader.read(pa.record_batch({"t": [str(NOON_MS)]})).values.to_pylist() == [NOON_MS]


def test_a_unit_that_is_given_refuses_other_numbers() -> None:
    assert read([NOON_MS, NOON_MS // 1000], format="seconds") == [None, NOON_MS]


def test_date_and_time_are_joined() -> None:
    batch = pa.record_batch(
        {"d": pa.array([date(2024, 1, 31), date(2024, 1, 31)]), "t": pa.array([time(12, 34, 56), None])}
    )
    texts = pa.record_batch({"d": ["31.01.2024"], "t": ["12:34"]})
    both = {"columns": ("d", "t")}

    assert TimeReader(Timestamp(**both)).read(batch).values.to_pylist() == [NOON_MS, DAY_MS]
    assert TimeReader(Timestamp(**both, format="%d.%m.%Y %H:%M")).read(texts).values.to_pylist() == [NOON_MS - 56_000]


def test_steps_count_from_their_start_and_tell_only_the_day_where_they_are_long() -> None:
    hours = {"format": "steps", "start": "2024-01-31T00:00:00", "step_seconds": 3600}

    assert read([0, 5, 24, None], pa.int64(), **hours) == [DAY_MS, DAY_MS, DAY_MS + 86_400_000, None]
    assert read([5], precision="minute", **hours) == [DAY_MS + 5 * 3_600_000]
    assert read(["45296.5"], format="steps", start="2024-01-31", step_seconds=1) == [NOON_MS + 500]
    assert read([1e300, float("nan"), -1e300], **hours) == [None, None, None]
    assert read([1], format="steps", start="2024-01-31T00:00", step_seconds=1, zone="Asia/Tokyo") == [
        DAY_MS - 32_399_000
    ]


def test_clocks_that_are_set_back_or_forward() -> None:
    paris = {"zone": "Europe/Paris"}

    assert read(["2024-10-27 02:30:00"], **paris) == [milliseconds(datetime(2024, 10, 27, 0, 30))]
    assert read(["2024-03-31 02:30:00"], **paris) == [milliseconds(datetime(2024, 3, 31, 1, 30))]


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"zone": "Europe/Pari"}, "Europe/Paris"),
        ({"format": "%d.%m.%Y %X"}, "%X, which is not known"),
        ({"format": "%d.%m.%Y %d"}, "%d twice"),
        ({"format": "%d.%Y"}, r"lacks a month"),
        ({"format": "%Y-%m-%d %I:%M"}, "%p beside %I"),
        ({"format": "%d.%m.%y %Y"}, "the year"),
        ({"format": "%"}, "which is not known"),
        ({"format": "steps", "start": "soon", "step_seconds": 1}, "start is 'soon'"),
    ],
)
def test_what_cannot_be_meant_is_said(part: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        TimeReader(Timestamp(column="t", **part))


@given(st.lists(MOMENTS, min_size=1, max_size=80), st.sampled_from(["milliseconds", "microseconds"]))
def test_iso_is_read_as_python_reads_it(moments: Sequence[datetime], timespec: str) -> None:
    expected = [milliseconds(moment) for moment in moments]

    assert read([moment.isoformat(timespec=timespec) for moment in moments]) == expected


FORMS = ("%d.%m.%Y %H:%M:%S", "%m/%d/%y %I:%M:%S %p", "%Y%m%d%H%M%S", "%b %d %Y %H:%M:%S.%f", "%d-%B-%Y %H:%M:%S")


@given(st.lists(MOMENTS, min_size=1, max_size=80), st.sampled_from(FORMS))
def test_formats_are_read_as_python_reads_them(moments: Sequence[datetime], form: str) -> None:
    recent = [
        moment.replace(year=2000 + moment.year % 69) for moment in moments if (moment.month, moment.day) != (2, 29)
    ]
    texts = [moment.strftime(form) for moment in recent]

    assert read(texts, pa.string(), format=form) == [milliseconds(datetime.strptime(text, form)) for text in texts]


@given(st.lists(st.one_of(MOMENTS.map(str), st.text(max_size=25), st.from_regex(r"[0-9 :TZ+./-]{8,25}")), max_size=60))
def test_rows_that_look_alike_and_rows_read_alone_have_the_same_verdict(texts: list[str]) -> None:
    texts = [text for text in texts if text.isprintable()]
    reader = {"format": "iso"}
    alone = [read([text], pa.string(), **reader)[0] for text in texts]

    assert read(texts * 40, pa.string(), **reader) == alone * 40


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=50))
def test_any_number_is_in_the_contract_s_range_or_refused(numbers: list[int]) -> None:
    read_ = read(numbers, pa.int64())

    assert all(value is None or EARLIEST_TIMESTAMP_MS <= value <= LATEST_TIMESTAMP_MS for value in read_)
    assert read_ == read([str(number) for number in numbers], pa.string())


@given(st.lists(st.floats(), max_size=50))
def test_any_fraction_is_in_range_or_refused(numbers: list[float]) -> None:
    with np.errstate(all="raise"):
        values = read(numbers, pa.float64())

    assert all(value is None or EARLIEST_TIMESTAMP_MS <= value <= LATEST_TIMESTAMP_MS for value in values)
