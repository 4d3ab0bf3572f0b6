from vigie_schemas import FEATURE_NAMES, FEATURES, TOPICS, Transaction

SERVICES = {"generator", "bridge", "gateway", "spark-detector", "trainer", "metrics-sink", "alert-webhook", "cli"}


def test_topic_names_are_unique() -> None:
    assert len({topic.name for topic in TOPICS}) == len(TOPICS)


def test_every_topic_has_known_writers_and_readers() -> None:
    for topic in TOPICS:
        assert topic.producers
        assert topic.consumers
        assert {*topic.producers, *topic.consumers} <= SERVICES


def test_topics_keyed_by_a_field_have_that_field() -> None:
    for topic in TOPICS:
        assert topic.key in topic.record.model_fields or hasattr(topic.record, topic.key)


def test_the_truth_is_not_in_a_transaction() -> None:
    assert not {"label", "is_fraud", "scenario"} & set(Transaction.model_fields)


def test_features_are_unique_and_described() -> None:
    assert len(set(FEATURE_NAMES)) == len(FEATURES)
    assert all(feature.unit and feature.meaning.endswith(".") for feature in FEATURES)
