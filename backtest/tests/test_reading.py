"""A file as transactions: whatever its format the same rows, and a note on all that was taken, changed or left out."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from vigie_backtest.options import Options
from vigie_backtest.reading import Transactions, open_file, read_transactions
from vigie_runtime import InputError
from vigie_runtime.pseudonyms import Pseudonyms

PSEUDONYMS = Pseudonyms("q0VhYkC3sQm1n8yR5tWz7uXb2pLd4eFg")
CARD = "4111111111111111"


def read(frame: pd.DataFrame, folder: Path, name: str = "payments.parquet", **options: object) -> Transactions:
    file = folder / name
    frame.to_parquet(file) if file.suffix == ".parquet" else frame.to_csv(file, index=False)
    return read_transactions(open_file(Options(data=file, out=folder, **options)), lambda: PSEUDONYMS)  # pyright: ignore


def test_csv_and_parquet_give_the_same_transactions(tmp_path: Path, raw: pd.DataFrame) -> None:
    plain = raw.assign(country="NA", merchant_id=7)

    parquet, csv = (read(plain, tmp_path, name) for name in ("p.parquet", "p.csv"))

    pd.testing.assert_frame_equal(parquet.frame, csv.frame)
    assert set(csv.frame["country"]) == {"NA"}
    assert set(csv.frame["merchant_id"]) == {"7"}


def test_columns_go_by_the_names_given(tmp_path: Path, raw: pd.DataFrame) -> None:
    renamed = raw.rename(columns={"ts": "when", "label": "is_fraud"})

    found = read(renamed, tmp_path, columns={"ts": "when", "label": "is_fraud"})

    assert found.labelled
    pd.testing.assert_frame_equal(found.frame, read(raw, tmp_path).frame)


def test_a_mapping_says_what_the_columns_mean(tmp_path: Path, raw: pd.DataFrame) -> None:
    raw["day"] = raw["ts"].dt.strftime("%d.%m.%Y")
    raw["money"] = (-raw["amount"]).map("{:.2f}".format).str.replace(".", ",")
    (tmp_path / "mapping.toml").write_text(
        'timestamp = { column = "day", format = "%d.%m.%Y" }\naccount_id = { column = "account_id" }\n'
        'amount = { column = "money", decimal = ",", out = "negative" }\n'
    )

    found = read(raw[["day", "account_id", "money"]], tmp_path, "bank.csv", mapping=tmp_path / "mapping.toml")

    assert list(found.frame["amount"]) == list(raw["amount"].round(2))
    assert found.tally.only_day == len(raw)
    assert any("date without a time" in note for note in found.notes)


def test_unsorted_rows_are_sorted_with_a_note(tmp_path: Path, raw: pd.DataFrame) -> None:
    shuffled = read(raw.sample(frac=1, random_state=1), tmp_path)
    sorted_already = read(raw, tmp_path)

    for column in ("timestamp_ms", "amount", "label"):
        assert list(shuffled.frame[column]) == list(sorted_already.frame[column])
    assert any("sorted" in note for note in shuffled.notes)
    assert not any("sorted" in note for note in sorted_already.notes)


def test_no_labels_goes_on_with_a_note(tmp_path: Path, raw: pd.DataFrame) -> None:
    for unlabelled in (raw.drop(columns="label"), raw.assign(label=np.nan)):
        found = read(unlabelled, tmp_path)

        assert not found.labelled
        assert any("no labels" in note for note in found.notes)


def test_gaps_among_labels_are_counted(tmp_path: Path, raw: pd.DataFrame) -> None:
    found = read(raw.assign(label=raw["label"].where(raw.index >= 10)), tmp_path)

    assert found.labelled
    assert any(note.startswith("10 rows have no label") for note in found.notes)


def test_no_fraud_at_all_is_noted(tmp_path: Path, raw: pd.DataFrame) -> None:
    assert any("Every label is 0" in note for note in read(raw.assign(label=0), tmp_path).notes)


def test_repeated_ids_are_left_out_and_counted(tmp_path: Path, raw: pd.DataFrame) -> None:
    ids = [f"t{number // 2}" for number in range(len(raw))]

    found = read(raw.assign(transaction_id=ids), tmp_path)

    assert list(found.frame["timestamp_ms"]) == list(read(raw, tmp_path).frame["timestamp_ms"].iloc[::2])
    assert any(note.startswith("100 rows repeat") for note in found.notes)


def test_rows_without_an_id_repeat_nothing(tmp_path: Path, raw: pd.DataFrame) -> None:
    ids = [None if number % 2 else f"t{number}" for number in range(len(raw))]

    assert len(read(raw.assign(transaction_id=ids), tmp_path).frame) == len(raw)


def test_what_is_refused_is_counted_and_told_with_examples(tmp_path: Path, raw: pd.DataFrame) -> None:
    country = pd.Series("FR", index=raw.index).where(raw.index >= 3, "FRA")

    found = read(raw.assign(ts=raw["ts"].where(raw.index != 3), country=country), tmp_path)

    assert len(found.frame) == len(raw) - 4
    assert found.refused == {"invalid_country": 3, "invalid_timestamp": 1}
    (note,) = [note for note in found.notes if "invalid_country" in note]
    assert note.startswith("3 rows are refused: invalid_country (such as row 1: 'FRA', row 2: 'FRA', row 3: 'FRA')")


def test_a_file_of_which_no_row_is_a_transaction_says_why(tmp_path: Path, raw: pd.DataFrame) -> None:
    with pytest.raises(InputError, match=r"None of the 200 rows .* 200 rows are refused: invalid_country"):
        read(raw.assign(country="DEU"), tmp_path)


def test_card_numbers_go_by_pseudonyms(tmp_path: Path, raw: pd.DataFrame) -> None:
    found = read(raw.assign(account_id=CARD, merchant_id="FR76 3000 6000 0112 3456 7890 189"), tmp_path)

    assert set(found.frame["account_id"]) == {PSEUDONYMS.of(CARD)}
    assert set(found.frame["merchant_id"]) == {PSEUDONYMS.of("FR7630006000011234567890189")}
    assert CARD not in " ".join(found.notes)


def test_the_key_is_asked_for_only_where_a_name_needs_it(tmp_path: Path, raw: pd.DataFrame) -> None:
    def fail() -> Pseudonyms:
        raise AssertionError("no name of this file needs a pseudonym")

    raw.assign(merchant_id="Café").to_parquet(tmp_path / "p.parquet")

    assert len(read_transactions(open_file(Options(data=tmp_path / "p.parquet", out=tmp_path)), fail).frame) == len(raw)


def test_normal_rows_have_no_scenario(tmp_path: Path, raw: pd.DataFrame) -> None:
    found = read(raw.assign(scenario="burst"), tmp_path)

    assert found.frame.loc[found.frame["label"] == 0, "scenario"].isna().all()
    assert set(found.frame.loc[found.frame["label"] == 1, "scenario"]) == {"burst"}


@pytest.mark.parametrize("year", [2001, 2099])
def test_a_row_of_another_age_does_not_decide_where_learning_ends(tmp_path: Path, raw: pd.DataFrame, year: int) -> None:
    times = raw["ts"].where(raw.index != 150, pd.Timestamp(year, 1, 1, 12, tz="UTC"))

    found = read(raw.assign(ts=times), tmp_path)

    assert len(found.frame) == len(raw) - 1
    assert any(note.startswith(f"1 rows are dated {year}-01-01T12:00:00Z") for note in found.notes)


def test_two_ages_in_one_file_are_refused(tmp_path: Path, raw: pd.DataFrame) -> None:
    times = raw["ts"].where(raw.index % 10 != 0, pd.Timestamp(2099, 1, 1, 12, tz="UTC"))

    with pytest.raises(InputError, match=r"No row lies between 2025-.* and 2099-01-01T12:00:00Z"):
        read(raw.assign(ts=times), tmp_path)


def test_what_was_taken_for_granted_is_told(tmp_path: Path, raw: pd.DataFrame) -> None:
    assert any("Taken: EUR" in note for note in read(raw, tmp_path).notes)


def test_a_currency_is_that_of_the_file_or_the_one_given(tmp_path: Path, raw: pd.DataFrame) -> None:
    mixed = raw.assign(currency=["USD" if number % 2 else None for number in range(len(raw))])

    assert set(read(raw, tmp_path, currency="CHF").frame["currency"]) == {"CHF"}
    assert set(read(mixed, tmp_path, currency="CHF").frame["currency"]) == {"USD", "CHF"}
