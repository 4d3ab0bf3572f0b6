"""Spark Structured Streaming in micro-batches: state and features of each account in pandas, scores in pandas too."""

import json
from collections.abc import Iterable, Iterator

import pandas as pd
from pyspark.sql import functions as F
from pyspark.sql.streaming.state import GroupState, GroupStateTimeout

from vigie_peers.programs import spark_session
from vigie_peers.programs.account_features import features_of, new_account
from vigie_peers.programs.judge import the_judge

ROWS = "record string, history_count long, features array<double>"


def with_features(key: tuple[str, ...], batches: Iterable[pd.DataFrame], state: GroupState) -> Iterator[pd.DataFrame]:
    """Rows of one account in the order of their offsets → ROWS."""
    account = json.loads(state.get[0]) if state.exists else new_account()
    rows = pd.concat(batches).sort_values("offset")
    found: list[tuple[str, int, list[float]]] = []
    for text in rows["record"]:
        history_count = account["count"]
        found.append((text, history_count, features_of(json.loads(text), account)))
    state.update((json.dumps(account),))
    yield pd.DataFrame(found, columns=pd.Index(["record", "history_count", "features"]))


def with_score(batches: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """ROWS → the output record of each, one call of scikit-learn for each batch."""
    for batch in batches:
        rows = [list(row) for row in batch["features"]]
        values = zip(batch["record"], batch["history_count"], rows, the_judge().scores(rows), strict=True)
        texts = [the_judge().scored(json.loads(text), count, row, score).decode() for text, count, row, score in values]
        yield pd.DataFrame({"value": texts})


def main() -> None:
    """Run until the process is ended."""
    spark = spark_session.start("micro-batch")
    rows = spark_session.transactions(spark).select(
        F.col("key").cast("string").alias("account_id"), F.col("value").cast("string").alias("record"), "offset"
    )
    described = rows.groupBy("account_id").applyInPandasWithState(
        with_features, ROWS, "account string", "append", GroupStateTimeout.NoTimeout
    )
    # mapInPandas, because a scalar pandas UDF on these rows fails (findings/spark-pandas-udf-on-state-rows.sh)
    spark_session.write(described.mapInPandas(with_score, "value string"), mode="append")


if __name__ == "__main__":
    main()
