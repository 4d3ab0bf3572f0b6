"""confluent-kafka and scikit-learn, one message at a time, as most tutorials have it.

Offsets are committed by the client every five seconds; accounts are a dictionary, which ends with the process.
"""

import json
import os
from collections import defaultdict

from confluent_kafka import Consumer, Producer

from vigie_peers.programs.account_features import Account, features_of, new_account
from vigie_peers.programs.judge import Judge
from vigie_schemas import SCORED, TRANSACTIONS


def main() -> None:
    """Read, compute, judge, write, until the process is ended."""
    kafka = {"bootstrap.servers": os.environ["KAFKA_BOOTSTRAP_SERVERS"]}
    consumer = Consumer(kafka | {"group.id": "per-message", "auto.offset.reset": "earliest"})
    producer = Producer(kafka | {"linger.ms": 0})
    consumer.subscribe([TRANSACTIONS.name])
    judge, accounts = Judge(), defaultdict[str, Account](new_account)
    while True:
        message = consumer.poll(1.0)
        if message is None or message.error() is not None:
            continue
        record = json.loads(message.value() or b"")
        account = accounts[record["account_id"]]
        history_count = account["count"]
        features = features_of(record, account)
        (score,) = judge.scores([features])
        producer.produce(SCORED.name, key=message.key(), value=judge.scored(record, history_count, features, score))
        producer.poll(0)


if __name__ == "__main__":
    main()
