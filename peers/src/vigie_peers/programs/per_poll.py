"""The same with one call of scikit-learn for all messages that have arrived, as those write it who have measured.

Offsets are committed after their records are written; accounts are a dictionary, which ends with the process.
"""

import json
import os
from collections import defaultdict

from confluent_kafka import Consumer, Producer

from vigie_peers.programs.account_features import Account, features_of, new_account
from vigie_peers.programs.judge import Judge
from vigie_schemas import SCORED, TRANSACTIONS

MAX_MESSAGES = 500
POLL_SECONDS = 0.01
COMMIT_POLLS = 100


def main() -> None:
    """Read, compute, judge, write, until the process is ended."""
    kafka = {"bootstrap.servers": os.environ["KAFKA_BOOTSTRAP_SERVERS"]}
    consumer = Consumer(kafka | {"group.id": "per-poll", "auto.offset.reset": "earliest", "enable.auto.commit": False})
    producer = Producer(kafka | {"linger.ms": 0})
    consumer.subscribe([TRANSACTIONS.name])
    judge, accounts, polls = Judge(), defaultdict[str, Account](new_account), 0
    while True:
        messages = [message for message in consumer.consume(MAX_MESSAGES, POLL_SECONDS) if message.error() is None]
        if not messages:
            continue
        records = [json.loads(message.value() or b"") for message in messages]
        history_counts, features = [], []
        for record in records:
            account = accounts[record["account_id"]]
            history_counts.append(account["count"])
            features.append(features_of(record, account))
        rows = zip(messages, records, history_counts, features, judge.scores(features), strict=True)
        for message, record, history_count, row, score in rows:
            producer.produce(SCORED.name, key=message.key(), value=judge.scored(record, history_count, row, score))
        producer.poll(0)
        polls += 1
        if polls % COMMIT_POLLS == 0:
            producer.flush()
            consumer.commit(asynchronous=True)


if __name__ == "__main__":
    main()
