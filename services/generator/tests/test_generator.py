import json
import time
from itertools import islice

import pytest

from generator import GeneratorSettings, TransactionGenerator
from generator.payment import DAY_MS
from vigie_runtime import ConfigurationError
from vigie_schemas import Label, Transaction

NOW = 20_000.4 * DAY_MS / 1000


def _generator(**overrides) -> TransactionGenerator:
    return TransactionGenerator(clock=lambda: NOW, **({"accounts": 80} | overrides))


def test_every_record_keeps_its_contract():
    for transaction, label in islice(_generator(anomaly_share=0.05).transactions(), 6000):
        read = Transaction.model_validate_json(json.dumps(transaction))
        truth = Label.model_validate_json(json.dumps(label))
        assert (truth.transaction_id, truth.account_id) == (read.transaction_id, read.account_id)
        assert truth.source == "generator"
        assert truth.is_fraud == (truth.scenario is not None)


def test_the_truth_is_never_in_the_transaction():
    for transaction, _ in islice(_generator(anomaly_share=0.2).transactions(), 3000):
        assert transaction.keys() <= Transaction.model_fields.keys()


def test_same_seed_same_stream():
    one, other = (list(islice(_generator().transactions(), 2000)) for _ in range(2))

    assert one == other


def test_ids_are_named_by_seed_run_and_number():
    ids = [transaction["transaction_id"] for transaction, _ in islice(_generator().transactions(), 3)]

    assert ids == ["g7-1-000001", "g7-1-000002", "g7-1-000003"]


def test_history_begins_whole_days_before_today_and_only_its_first_day_is_clean():
    pairs = list(islice(_generator(anomaly_share=0.05, history_days=12).transactions(), 5000))
    times = [transaction["timestamp_ms"] for transaction, _ in pairs]
    frauds = [t["timestamp_ms"] for t, label in pairs if label["is_fraud"]]

    assert 19_988 * DAY_MS <= times[0] < 19_988.5 * DAY_MS
    assert 19_989 * DAY_MS <= frauds[0] < 19_991 * DAY_MS
    assert any(at < 20_000 * DAY_MS for at in frauds)


def test_settings_come_from_the_environment_and_from_arguments(monkeypatch):
    monkeypatch.setenv("VIGIE_SEED", "11")
    monkeypatch.setenv("VIGIE_RATE", "5")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "from-environment:1")

    assert TransactionGenerator().settings.seed == 11
    assert TransactionGenerator(rate=9).settings.rate == 9
    given = TransactionGenerator(GeneratorSettings(kafka_bootstrap_servers="given:1", accounts=3), seed=12).settings
    assert (given.kafka_bootstrap_servers, given.accounts, given.seed, given.rate) == ("given:1", 3, 12, 5)
    assert TransactionGenerator(kafka_bootstrap_servers="given:2").settings.kafka_bootstrap_servers == "given:2"


@pytest.mark.parametrize(("name", "value"), [("rate", 0), ("accounts", "many"), ("speed", 3)])
def test_a_wrong_argument_is_named(name, value):
    with pytest.raises(ConfigurationError, match=name):
        TransactionGenerator(**{name: value})


def test_a_wrong_variable_is_named(monkeypatch):
    monkeypatch.setenv("VIGIE_ANOMALY_SHARE", "2")

    with pytest.raises(ConfigurationError, match="VIGIE_ANOMALY_SHARE"):
        TransactionGenerator()


def test_making_records_is_cheap():
    """A generous bound that only a mistake such as validating each record would break."""
    pairs = _generator(accounts=300).transactions()
    next(pairs)

    began = time.process_time()
    for transaction, _ in islice(pairs, 10_000):
        json.dumps(transaction)

    assert time.process_time() - began < 5
