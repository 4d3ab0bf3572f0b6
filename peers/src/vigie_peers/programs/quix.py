# /// script
# requires-python = ">=3.11"
# dependencies = ["quixstreams==3.28.0", "scikit-learn==1.9.1", "joblib>=1.4", "numpy>=2.0", "pydantic>=2.12"]
# ///
"""Quix Streams with its own state, one message at a time: RocksDB beside the process and a changelog topic behind it.

It holds confluent-kafka below 2.13, so it has an environment of its own, which its lock file beside it pins.
"""

import os
from typing import Any

from quixstreams import Application, State  # pyright: ignore[reportMissingImports]

from vigie_peers.programs.account_features import features_of, new_account
from vigie_peers.programs.judge import Judge
from vigie_schemas import SCORED, TRANSACTIONS


def main() -> None:
    """Run until the process is ended."""
    app = Application(
        broker_address=os.environ["KAFKA_BOOTSTRAP_SERVERS"],
        consumer_group="quix",
        auto_offset_reset="earliest",
        state_dir=os.environ["VIGIE_PEER_STATE"],
        producer_extra_config={"linger.ms": 0},
    )
    judge = Judge()

    def score(record: dict[str, Any], state: State) -> bytes:
        account = state.get("account") or new_account()
        history_count = account["count"]
        features = features_of(record, account)
        state.set("account", account)
        (found,) = judge.scores([features])
        return judge.scored(record, history_count, features, found)

    transactions = app.dataframe(app.topic(TRANSACTIONS.name, value_deserializer="json"))
    transactions.apply(score, stateful=True).to_topic(app.topic(SCORED.name, value_serializer="bytes"))
    app.run()


if __name__ == "__main__":
    main()
