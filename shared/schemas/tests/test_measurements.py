from vigie_schemas import MEASUREMENTS, minute_bucket

IDENTITIES = {"account_id", "transaction_id", "alert_id", "merchant_id"}


def test_names_are_unique() -> None:
    assert len({measurement.name for measurement in MEASUREMENTS}) == len(MEASUREMENTS)
    for measurement in MEASUREMENTS:
        assert len(set(measurement.field_names)) == len(measurement.fields)


def test_no_identity_is_a_tag() -> None:
    assert not any(IDENTITIES & set(measurement.tags) for measurement in MEASUREMENTS)


def test_tags_and_fields_of_a_measurement_differ() -> None:
    assert not any(set(measurement.tags) & set(measurement.field_names) for measurement in MEASUREMENTS)


def test_everything_is_described() -> None:
    for measurement in MEASUREMENTS:
        assert measurement.meaning.endswith(".")
        assert all(field.meaning.endswith(".") for field in measurement.fields)


def test_texts_are_not_added_up() -> None:
    texts = [field for measurement in MEASUREMENTS for field in measurement.fields if field.is_text]
    assert all(field.per_minute == "last" for field in texts)


def test_minutes_have_a_bucket_of_their_own() -> None:
    assert minute_bucket("vigie") == "vigie_1m"
