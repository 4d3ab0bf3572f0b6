"""Fields that came after the first checkpoints: they pass the state, and the state stays what it was."""

import json

import pytest
from pyspark.sql import DataFrame, SparkSession

from spark_detector import AnomalyDetector
from spark_detector.champion import LoadedChampion
from spark_detector.counterparties import without_counterparty_labels
from spark_detector.features import with_features
from spark_detector.history import state, with_history
from spark_detector.parse import parse
from spark_detector.pipeline import judge
from spark_detector.settings import STATE_VERSION, DetectorSettings
from spark_detector.sink import to_messages
from spark_detector.state_layout import ADDED_FIELDS
from spark_detector.words import WORDS
from vigie_schemas import Alert, RejectReason, Transaction

pytestmark = pytest.mark.spark

NOON = 1_735_732_800_000
MINUTE, DAY = 60_000, 86_400_000
RECORDS = "value binary, partition int, offset long, received_at_ms long"
GOOD = {
    "schema_version": 1,
    "transaction_id": "t-1",
    "account_id": "a",
    "timestamp_ms": NOON,
    "amount": 12.5,
    "currency": "EUR",
}
ADDED = {
    "channel": "transfer",
    "device_id": 'dev "4c" \\\n\u0000😀',
    "payee_id": "payee-9f",
    "direction": "out",
    "ip_country": "DE",
    "card_present": False,
}
LAYOUT = (
    "partition INT,account_id STRING,current STRUCT<offset: BIGINT, received_at_ms: BIGINT, transaction: "
    "STRUCT<schema_version: BIGINT, transaction_id: STRING, account_id: STRING, timestamp_ms: BIGINT, amount: DOUBLE, "
    "currency: STRING, merchant_id: STRING, category: STRING, country: STRING, lat: DOUBLE, lon: DOUBLE, sent_at_us: "
    "BIGINT>, reject_reason: STRING, payload: BINARY, payload_bytes: INT>,recent ARRAY<STRUCT<id_hash: BIGINT NOT "
    "NULL, timestamp_ms: BIGINT, amount_eur: DOUBLE, merchant: BIGINT, country: BIGINT, lat: DOUBLE, lon: DOUBLE>>,"
    "transaction_count BIGINT NOT NULL,first_timestamp_ms BIGINT,amount_log_sum BIGINT,amount_log_square_sum BIGINT"
)
BUCKETS = ",".join(f"bucket_{number} BIGINT NOT NULL" for number in range(8))


def parsed(spark: SparkSession, *records: dict[str, object] | bytes) -> DataFrame:
    values = [record if isinstance(record, bytes) else json.dumps(record).encode() for record in records]
    rows = [(value, 0, number, NOON) for number, value in enumerate(values)]
    return parse(spark.createDataFrame(rows, RECORDS))


def test_a_state_of_another_layout_needs_another_version(spark: SparkSession) -> None:
    """Histories of this layout lie on the disks of those who run Vigie."""
    layout = state(parsed(spark, GOOD))._jdf.schema().toDDL()

    assert (STATE_VERSION, layout) == ("3", f"{LAYOUT},{BUCKETS}")


@pytest.mark.parametrize(
    "added", [ADDED, {}, {"card_present": True}, {"channel": ""}, dict.fromkeys(ADDED_FIELDS)], ids=str
)
def test_a_transaction_leaves_the_state_as_it_entered(spark: SparkSession, added: dict[str, object]) -> None:
    (row,) = parsed(spark, GOOD, GOOD | added).transform(with_history).collect()

    assert Transaction.model_validate(row.transaction.asDict()) == Transaction.model_validate(GOOD | added)
    assert row.payload is None


def test_a_refused_record_keeps_its_bytes_in_the_state(spark: SparkSession) -> None:
    refused = json.dumps(GOOD | ADDED | {"direction": "in"}).encode()

    (row,) = parsed(spark, refused).transform(with_history).collect()

    assert (row.transaction, bytes(row.payload)) == (None, refused)
    assert (row.reject_reason, row.reject_field) == (RejectReason.INVALID_DIRECTION, "direction")


def test_a_repeat_is_written_again_with_all_its_fields(spark: SparkSession, champion: LoadedChampion) -> None:
    (message,) = messages(parsed(spark, GOOD | ADDED, GOOD | ADDED).transform(with_history), champion)

    rewritten = message.value.split('"payload_base64":"')[1].split('"')[0]
    (row,) = spark.sql(f"select unbase64('{rewritten}') as payload").collect()
    assert Transaction.model_validate_json(bytes(row.payload)) == Transaction.model_validate(GOOD | ADDED)


def test_an_alert_has_all_fields(spark: SparkSession, champion: LoadedChampion) -> None:
    home = GOOD | {"payee_id": "landlord"}
    known = [home | {"transaction_id": f"t{day}", "timestamp_ms": NOON + DAY * day} for day in range(12)]
    stranger = GOOD | ADDED | {"amount": 4_000.0, "timestamp_ms": known[-1]["timestamp_ms"] + MINUTE}

    found = messages(parsed(spark, *known, stranger).transform(with_history), champion)

    (alert,) = [Alert.model_validate_json(message.value) for message in found if message.topic == "transactions.alerts"]
    assert alert.transaction.model_dump() == Transaction.model_validate(stranger).model_dump()
    assert {past.same_merchant for past in alert.recent} == {False}


def test_the_words_are_those_of_what_is_paid(spark: SparkSession) -> None:
    rows = spark.sql(
        "select named_struct('merchant_id', merchant) as transaction, named_struct('new_of_four', 3) as evidence "
        "from values ('m'), (null) as names(merchant)"
    )

    found = rows.select(*[WORDS[name]()[1] for name in ("new_merchant", "new_merchants_of_four")]).collect()

    assert [tuple(row) for row in found] == [
        ("first payment to this merchant", "3 of the last 4 payments went to new merchants"),
        ("first payment to this payee", "3 of the last 4 payments went to new payees"),
    ]


def test_a_payee_counts_where_there_is_no_merchant_in_stream_and_batch(spark: SparkSession) -> None:
    names = [("shop", None), (None, "shop"), (None, "landlord"), ("shop", "landlord"), (None, None), (None, "x")] * 2
    payments = [
        GOOD
        | {"transaction_id": f"t{day}", "timestamp_ms": NOON + DAY * day, "merchant_id": merchant, "payee_id": payee}
        for day, (merchant, payee) in enumerate(names)
    ]
    expected = ["shop", "shop", "landlord", "shop", None, "x"] * 2

    (row,) = parsed(spark, *payments).transform(with_history).collect()
    columns = "account_id string, timestamp_ms long, amount double, merchant_id string, payee_id string"
    rows = [tuple(payment[column.split()[0]] for column in columns.split(", ")) for payment in payments]
    frame = spark.createDataFrame(rows, columns)
    batch = AnomalyDetector(settings=DetectorSettings(), spark=spark).compute_features(frame)

    (known,) = spark.sql(
        "select xxhash64('shop') as shop, xxhash64('landlord') as landlord, xxhash64('x') as x"
    ).collect()
    hashes = known.asDict()
    assert [past.merchant for past in row.recent][::-1] == [hashes.get(name) for name in expected]
    (stream,) = parsed(spark, *payments).transform(with_history).transform(with_features).select("features.*").collect()
    assert batch.orderBy("vigie_row").collect()[-1].asDict().items() >= stream.asDict().items()
    assert stream.new_merchants_of_four == 0.0


def messages(histories: DataFrame, champion: LoadedChampion) -> list:
    judged = histories.transform(with_features).transform(without_counterparty_labels).transform(judge(champion))
    return judged.transform(to_messages(DetectorSettings())).collect()
