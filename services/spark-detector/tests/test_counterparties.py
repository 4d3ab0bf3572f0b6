"""What the detector looks up of merchants and payees, and the inputs that follow from it."""

import json
from collections.abc import Iterator

import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from spark_detector.counterparties import (
    COLUMN,
    counterparty_inputs,
    nothing_known,
    with_counterparty_labels,
    without_counterparty_labels,
)
from spark_detector.running_values import RunningValues
from vigie_schemas import FORGET_DAYS, MAX_FRAUD_RUN, CounterpartyLabels
from vigie_schemas import counterparty_inputs as inputs_of
from vigie_schemas.topics import DAY_MS

pytestmark = pytest.mark.spark

START_MS = 1_790_035_200_000
ODD_NAMES = ["shop", "a = b: c", "#!\\u0041\\", "é 東京 🏦", "line\nend\ttab", " ", "null"]
TRANSACTION = "struct<timestamp_ms:bigint,merchant_id:string,payee_id:string>"


@pytest.fixture
def values(spark: SparkSession) -> Iterator[RunningValues]:
    values = RunningValues(spark, f"test-{id(spark)}")
    yield values
    values.publish_texts(dict.fromkeys([*ODD_NAMES, "p"], ""))


def payments(spark: SparkSession, *paid: tuple[str | None, str | None]) -> list[Row]:
    return [Row(transaction=Row(START_MS, merchant, payee)) for merchant, payee in paid]


def known(run: int, *, fraud_day: float, sound_day: float | None) -> CounterpartyLabels:
    sound_ms = None if sound_day is None else START_MS + round(sound_day * DAY_MS)
    return CounterpartyLabels(fraud_run=run, last_fraud_ms=START_MS + round(fraud_day * DAY_MS), last_sound_ms=sound_ms)


def test_texts_are_read_under_any_name(spark: SparkSession, values: RunningValues) -> None:
    """Names and texts come from outside; no name, and one that is not known, end no query."""
    values.publish_texts({name: f"text = of\\{name}\n" for name in ODD_NAMES})

    asked = [*ODD_NAMES, "another", "", None]
    rows = spark.createDataFrame([(name,) for name in asked], "name string")
    found = [row["text"] for row in rows.select(values.text_named(F.col("name")).alias("text")).collect()]

    assert found == [*(f"text = of\\{name}\n" for name in ODD_NAMES), None, None, None]


def test_what_is_known_is_that_of_the_merchant_or_else_of_the_payee(spark: SparkSession, values: RunningValues) -> None:
    labels = known(2, fraud_day=3, sound_day=None)
    values.publish_texts({"shop": labels.model_dump_json(), "p": "", " ": "{ broken"})
    paid = payments(spark, ("shop", None), ("shop", "p"), (None, "shop"), ("p", "shop"), (None, None), (" ", None))

    rows = spark.createDataFrame(paid, f"transaction {TRANSACTION}").transform(with_counterparty_labels(values))
    found = [row[COLUMN] and row[COLUMN].asDict() for row in rows.collect()]

    assert found == [labels.model_dump()] * 3 + [None, None, dict.fromkeys(labels.model_dump())]


def test_inputs_are_those_of_the_trainer(spark: SparkSession) -> None:
    cases = [
        None,
        *(
            known(run, fraud_day=fraud_day, sound_day=sound_day)
            for run in (0, 1, MAX_FRAUD_RUN, MAX_FRAUD_RUN + 5)
            for fraud_day in (0.0, 7.123456, FORGET_DAYS - 0.001, FORGET_DAYS)
            for sound_day in (None, -300.0, -1.7654321, 6.5, 50.0)
        ),
    ]
    times = [START_MS + round(day * DAY_MS) for day in (0, 7.123456, 33.3333333, 89.99, FORGET_DAYS, 200)]
    asked = [(at_ms, labels) for labels in cases for at_ms in times]
    rows = spark.createDataFrame(
        [((at_ms, None, None), labels and tuple(labels.model_dump().values())) for at_ms, labels in asked],
        f"transaction {TRANSACTION}, {COLUMN} struct<fraud_run:int,last_fraud_ms:bigint,last_sound_ms:bigint>",
    )

    found = rows.select(F.array(*counterparty_inputs()).alias("inputs")).collect()

    assert [tuple(row["inputs"]) for row in found] == [inputs_of(labels, at_ms) for at_ms, labels in asked]


def test_of_a_batch_nothing_is_known_unless_it_says_so(spark: SparkSession) -> None:
    rows = spark.createDataFrame(payments(spark, ("shop", None)), f"transaction {TRANSACTION}")
    unknown = rows.transform(without_counterparty_labels)

    found = unknown.select(F.array(*counterparty_inputs()), F.array(*nothing_known())).collect()

    assert list(found[0][0]) == list(found[0][1]) == list(inputs_of(None, START_MS))
    said = json.loads(known(1, fraud_day=0, sound_day=None).model_dump_json())
    knowing = rows.withColumn(
        COLUMN, F.from_json(F.lit(json.dumps(said)), unknown.schema[COLUMN].dataType.simpleString())
    )
    assert knowing.transform(without_counterparty_labels).collect()[0][COLUMN].asDict() == said
