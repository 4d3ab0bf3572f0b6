"""What is proposed for columns that no profile knows: each ambiguity, the answer taken, and what is not known."""

import random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie_intake.conversion import Converter
from vigie_intake.inspecting.amounts import numbers_in
from vigie_intake.inspecting.columns import Column
from vigie_intake.mapping import Layout, Mapping
from vigie_intake.proposal import Ambiguity, Proposal, Sureness, as_columns, propose
from vigie_runtime import InputError
from vigie_runtime.pseudonyms import Pseudonyms

KEY = "q0VhYkC3sQm1n8yR5tWz7uXb2pLd4eFg"
TIMES = ["2024-01-05T10:00:00Z", "2024-01-05T11:30:10Z", "2024-01-06T09:00:00Z", "2024-01-07T12:15:01Z"]
ACCOUNTS = ["a1", "a2", "a1", "a2"]
AMOUNTS = ["12.50", "3.99", "700.10", "8.05"]


def proposed(**columns: list[str | None] | pa.Array) -> Proposal:
    given_columns = {"created_at": TIMES, "account_id": ACCOUNTS, "amount": AMOUNTS} | columns
    arrays = {name: values for name, values in given_columns.items() if values}
    table = pa.table(
        {name: values if isinstance(values, pa.Array) else pa.array(values) for name, values in arrays.items()}
    )
    return propose(as_columns(table), "CSV")


def question(proposal: Proposal, key: str) -> Ambiguity:
    return next(one for one in proposal.questions if one.key == key)


def keys(proposal: Proposal) -> set[str]:
    return {one.key for one in proposal.questions}


def mapping(proposal: Proposal) -> Mapping:
    assert proposal.mapping is not None
    return proposal.mapping


def test_a_plain_file_needs_no_answer_but_the_currency() -> None:
    proposal = proposed()
    assert mapping(proposal).needed == ("created_at", "account_id", "amount")
    assert keys(proposal) == {"currency"}
    assert {choice.field: choice.sureness for choice in proposal.choices} == {
        "timestamp": Sureness.SURE,
        "account_id": Sureness.SURE,
        "amount": Sureness.SURE,
        "currency": Sureness.GUESS,
    }


@pytest.mark.parametrize(
    ("names", "fields"),
    [
        (
            ("Date opération", "Numéro de compte", "Montant (EUR)", "Devise"),
            ("timestamp", "account_id", "amount", "currency"),
        ),
        (("Buchungstag", "Kontonummer", "Betrag", "Währung"), ("timestamp", "account_id", "amount", "currency")),
        (
            ("transactionDate", "cardNumber", "transactionAmount", "currencyCode"),
            ("timestamp", "account_id", "amount", "currency"),
        ),
        (
            ("after.created_at", "after.customer_id", "after.amount", "after.currency"),
            ("timestamp", "account_id", "amount", "currency"),
        ),
    ],
)
def test_names_of_columns_are_known_in_three_languages_and_in_paths(
    names: tuple[str, ...], fields: tuple[str, ...]
) -> None:
    table = pa.table(dict(zip(names, [TIMES, ACCOUNTS, AMOUNTS, ["EUR"] * 4], strict=True)))
    proposal = propose(as_columns(table), "CSV")
    found = mapping(proposal)
    assert [getattr(found, field).column for field in fields] == list(names)


class TestDecimalMarks:
    def test_three_digits_after_every_point_are_thousands_until_someone_says_otherwise(self) -> None:
        proposal = proposed(amount=["1.234", "2.500", "3.100", "12.000"])
        asked = question(proposal, "decimal")
        assert (asked.taken, mapping(proposal).amount.decimal, mapping(proposal).amount.thousands) == (
            "thousands",
            ",",
            ".",
        )
        other = mapping(proposal.answered("decimal", "decimal")).amount
        assert (other.decimal, other.thousands) == (".", "")

    def test_three_digits_after_every_comma(self) -> None:
        proposal = proposed(amount=["1,234", "2,500", "3,100", "12,000"])
        assert (mapping(proposal).amount.decimal, mapping(proposal).amount.thousands) == (".", ",")
        other = mapping(proposal.answered("decimal", "decimal")).amount
        assert (other.decimal, other.thousands) == (",", ".")

    @pytest.mark.parametrize(
        ("values", "decimal", "thousands"),
        [
            (["1.234,56", "12,00", "3", "5"], ",", "."),
            (["1,234.56", "12.00", "3", "5"], ".", ","),
            (["12,5", "1.234", "2", "3"], ",", "."),
            (["1 234,50", "12,00", "3,10", "5,00"], ",", " "),
            (["1'234.50", "12.00", "3.10", "5.00"], ".", "'"),
            (["0.123", "1.234", "2.345", "3.456"], ".", ""),
            (["5000", "1.234", "2.345", "3.456"], ".", ""),
            (["1.234.567", "1.234", "5", "6"], ",", "."),
        ],
    )
    def test_one_value_that_decides_is_enough(self, values: list[str | None], decimal: str, thousands: str) -> None:
        proposal = proposed(amount=values)
        assert "decimal" not in keys(proposal)
        assert (mapping(proposal).amount.decimal, mapping(proposal).amount.thousands) == (decimal, thousands)

    def test_both_marks_as_decimals_are_said(self) -> None:
        proposal = proposed(amount=["12.50", "3.99", "4.20", "12,50"])
        assert mapping(proposal).amount.decimal == "."
        assert any("decimal comma" in note for note in proposal.notes)

    @given(
        st.lists(st.decimals(min_value=-(10**7), max_value=10**7, places=2), min_size=1, max_size=30),
        st.sampled_from([(".", ""), (".", ","), (",", "."), (",", " "), (".", "'"), (",", "")]),
    )
    @settings(max_examples=150, deadline=None)
    def test_numbers_with_two_decimals_are_read_as_they_were_written(
        self, numbers: list, marks: tuple[str, str]
    ) -> None:
        decimal, thousands = marks
        texts = [
            f"{number:,.2f}".replace(",", "\0").replace(".", decimal).replace("\0", thousands) for number in numbers
        ]
        found = numbers_in(Column("amount", pa.array(texts)))
        assert not found.written.is_ambiguous
        assert found.written.decimal == decimal
        assert found.values == [float(number) for number in numbers]


class TestDates:
    def test_day_or_month_first_is_asked_and_the_day_taken(self) -> None:
        proposal = proposed(created_at=["03/04/2024", "05/06/2024", "01/02/2024", "07/08/2024"])
        assert question(proposal, "day_first").taken == "day"
        assert mapping(proposal).timestamp.format == "%d/%m/%Y"
        assert mapping(proposal.answered("day_first", "month")).timestamp.format == "%m/%d/%Y"

    def test_a_number_above_twelve_decides(self) -> None:
        month_first = proposed(created_at=["03/14/2024", "05/06/2024", "01/02/2024", "07/08/2024"])
        assert "day_first" not in keys(month_first)
        assert mapping(month_first).timestamp.format == "%m/%d/%Y"

    def test_the_order_of_rows_is_taken_as_a_hint_and_still_asked(self) -> None:
        proposal = proposed(created_at=["01/02/2024", "01/09/2024", "02/01/2024", "02/03/2024"])
        asked = question(proposal, "day_first")
        assert (asked.taken, mapping(proposal).timestamp.format) == ("month", "%m/%d/%Y")
        assert "order of time" in asked.reason

    def test_a_date_without_a_time_switches_features_off_and_says_so(self) -> None:
        proposal = proposed(created_at=["2024-01-05", "2024-01-06", "2024-01-06", "2024-01-07"])
        assert mapping(proposal).timestamp.precision == "day"
        assert any("tempo, hour and speed are off" in note for note in proposal.notes)
        assert "zone" not in keys(proposal)

    def test_midnights_only_are_days_too(self) -> None:
        proposal = proposed(
            created_at=["2024-01-05 00:00:00", "2024-01-06 00:00:00", "2024-01-06 00:00:00", "2024-01-07 00:00:00"]
        )
        assert mapping(proposal).timestamp.precision == "day"

    def test_a_date_and_a_clock_are_joined(self) -> None:
        proposal = proposed(
            created_at=[],
            date=["05.01.2024", "06.01.2024", "13.01.2024", "07.01.2024"],
            time=["10:00", "11:30", "09:00", "12:15"],
        )
        timestamp = mapping(proposal).timestamp
        assert (timestamp.columns, timestamp.format, timestamp.precision) == (
            ("date", "time"),
            "%d.%m.%Y %H:%M",
            "minute",
        )

    def test_no_zone_is_utc_and_asked(self) -> None:
        proposal = proposed(
            created_at=["2024-01-05 10:00:00", "2024-01-05 11:30:10", "2024-01-06 09:00:00", "2024-01-07 12:15:01"]
        )
        assert question(proposal, "zone").taken == "UTC"
        assert mapping(proposal.answered("zone", "Asia/Tokyo")).timestamp.zone == "Asia/Tokyo"

    @pytest.mark.parametrize(
        ("values", "form"),
        [
            (["1704067200", "1704067260", "1704067300", "1704067399"], "seconds"),
            (["1704067200123", "1704067260123", "1704067300123", "1704067399123"], "milliseconds"),
            (["5 Jan 2024 10:00", "6 Jan 2024 11:00", "7 Feb 2024 12:30", "8 Mar 2024 00:01"], "%d %b %Y %H:%M"),
            (["05-01-24 10:00", "16-01-24 11:00", "27-02-24 12:30", "28-03-24 00:01"], "%d-%m-%y %H:%M"),
            (
                ["01/14/2024 3:04 PM", "01/15/2024 3:04 AM", "01/16/2024 12:04 PM", "02/14/2024 3:04 PM"],
                "%m/%d/%Y %I:%M %p",
            ),
        ],
    )
    def test_formats_are_found_out(self, values: list[str | None], form: str) -> None:
        assert mapping(proposed(created_at=values)).timestamp.format == form

    def test_seconds_among_milliseconds_are_said(self) -> None:
        moments: list[str | None] = [str(1704067200123 + 1000 * step) for step in range(98)]
        proposal = proposed(
            created_at=[*moments, "1704067200", "1704067300"], account_id=["a", "b"] * 50, amount=["1.50"] * 100
        )
        assert mapping(proposal).timestamp.format == "milliseconds"
        assert any("2.0% of created_at are seconds among milliseconds" in note for note in proposal.notes)

    def test_steps_are_asked_for_their_length(self) -> None:
        proposal = proposed(created_at=[], step=["1", "2", "3", "700"])
        assert question(proposal, "step").taken == "hour"
        assert mapping(proposal).timestamp.step_seconds == 3600
        by_day = mapping(proposal.answered("step", "day")).timestamp
        assert (by_day.step_seconds, by_day.precision) == (86400, "day")


class TestSigns:
    def test_mostly_negative_amounts_are_money_out(self) -> None:
        proposal = proposed(amount=["-12.50", "-3.99", "2000.00", "-8.05"])
        assert question(proposal, "sign").taken == "negative"
        assert mapping(proposal).amount.out == "negative"

    def test_few_negative_amounts_are_refunds(self) -> None:
        proposal = proposed(created_at=TIMES * 5, account_id=ACCOUNTS * 5, amount=["12.50"] * 19 + ["-12.50"])
        assert question(proposal, "sign").taken == "positive"
        assert mapping(proposal).amount.out == "positive"
        assert mapping(proposal.answered("sign", "negative")).amount.out == "negative"

    def test_a_column_of_directions_is_used(self) -> None:
        proposal = proposed(credit_debit_indicator=["DBIT", "CRDT", "DBIT", "DBIT"])
        amount = mapping(proposal).amount
        assert (amount.out, amount.direction, amount.out_words, amount.in_words) == (
            "column",
            "credit_debit_indicator",
            ("DBIT",),
            ("CRDT",),
        )

    def test_a_column_with_other_words_is_no_direction(self) -> None:
        assert mapping(proposed(type=["food", "debit", "food", "fuel"])).amount.out == "all"

    def test_debit_and_credit_columns(self) -> None:
        proposal = proposed(amount=[], Soll=["12,50", None, "3,99", None], Haben=[None, "2.000,00", None, "1,00"])
        amount = mapping(proposal).amount
        assert (amount.debit, amount.credit, amount.decimal) == ("Soll", "Haben", ",")


class TestUnits:
    def test_whole_numbers_may_be_cents_and_it_is_asked(self) -> None:
        proposal = proposed(
            created_at=TIMES * 2, account_id=ACCOUNTS * 2, amount=["1250", "399", "70010", "805", "99", "1", "2", "3"]
        )
        assert question(proposal, "unit").taken == "major"
        assert mapping(proposal.answered("unit", "minor")).amount.unit == "minor"

    def test_a_name_that_says_cents_decides(self) -> None:
        proposal = proposed(amount=[], amount_cents=["1250", "399", "70010", "805"])
        assert mapping(proposal).amount.unit == "minor"
        assert "unit" not in keys(proposal)

    def test_yen_have_no_cents(self) -> None:
        values: list[str | None] = ["1250", "399", "70010", "805", "99", "1", "2", "3"]
        proposal = proposed(created_at=TIMES * 2, account_id=ACCOUNTS * 2, amount=values, currency=["JPY"] * 8)
        mapping(proposal)
        only_yen = proposed(
            **{"created_at": TIMES * 2, "account_id": ACCOUNTS * 2, "amount": [], "amount (JPY)": values}
        )
        assert "unit" not in keys(only_yen)
        assert mapping(only_yen).currency.constant == "JPY"


class TestCurrencies:
    def test_a_sign_that_means_one_currency(self) -> None:
        proposal = proposed(amount=["12,50 €", "3,99 €", "7,10 €", "8,05 €"])
        assert mapping(proposal).currency.constant == "EUR"
        assert "currency" not in keys(proposal)

    def test_dollars_of_many_countries_are_asked(self) -> None:
        proposal = proposed(amount=["$12.50", "$3.99", "$700.10", "$8.05"])
        assert question(proposal, "currency").taken == "USD"
        assert mapping(proposal.answered("currency", "CAD")).currency.constant == "CAD"

    def test_words_of_a_currency_column_are_translated_or_said(self) -> None:
        proposal = proposed(currency=["eur", "€", "XYZ", "EUR"])
        assert mapping(proposal).currency.values == {"eur": "EUR", "€": "EUR"}
        assert any("XYZ" in note for note in proposal.notes)


class TestLabels:
    def test_known_words(self) -> None:
        label = mapping(proposed(is_fraud=["No", "Yes", "No", "No"])).label
        assert label is not None
        assert (label.fraud, label.legitimate) == (("Yes",), ("No",))

    def test_the_word_that_did_not_come_yet_is_expected(self) -> None:
        proposal = proposed(is_fraud=["No", "No", "No", "No"])
        label = mapping(proposal).label
        assert label is not None
        assert "yes" in label.fraud
        assert any("No row that was read is fraud" in note for note in proposal.notes)

    @pytest.mark.parametrize("words", [["A", "A", "B", "A"], ["-1", "-1", "1", "-1"], ["1", "1", "-1", "1"]])
    def test_unknown_words_are_asked_and_the_rarer_taken(self, words: list[str | None]) -> None:
        proposal = proposed(label=words)
        assert question(proposal, "label").taken == words[2]
        label = mapping(proposal.answered("label", str(words[0]))).label
        assert label is not None
        assert (label.fraud, label.legitimate) == ((words[0],), (words[2],))

    def test_a_third_word_is_said(self) -> None:
        proposal = proposed(label=["0", "1", "2", "0"])
        assert any("label has 2" in note for note in proposal.notes)

    def test_a_score_is_no_label(self) -> None:
        rows = 20
        scores: list[str | None] = [f"0.{number:03d}" for number in range(rows)]
        assert (
            mapping(proposed(created_at=TIMES * 5, account_id=ACCOUNTS * 5, amount=AMOUNTS * 5, label=scores)).label
            is None
        )


class TestPlaces:
    def test_degrees_with_a_decimal_comma(self) -> None:
        found = mapping(proposed(lat=["47,20", "47,215", "47,1", "-8"], Long=["8,510", "8,511", "8,512", "170,5"]))
        assert found.lat is not None
        assert found.lon is not None
        assert (found.lat.decimal, found.lon.decimal, found.lon.column) == (",", ",", "Long")

    def test_what_lies_beyond_the_pole_is_no_latitude(self) -> None:
        assert mapping(proposed(lat=["47.2", "470.1", "1", "2"])).lat is None


class TestNames:
    def test_names_with_letters_before_digits_are_no_amounts_of_a_currency(self) -> None:
        assert numbers_in(Column("account_no", pa.array(["ACC1", "ACC2"]))).share == 0
        assert numbers_in(Column("price", pa.array(["EUR 1.50", "2.50 CHF"]))).share == 1

    def test_card_numbers_become_pseudonyms_and_it_is_said(self) -> None:
        proposal = proposed(account_id=[], card_number=["4111111111111111", "5500005555555559"] * 2)
        assert any("keyed pseudonyms" in note for note in proposal.notes)

    def test_numbers_of_cards_without_a_check_digit_too(self) -> None:
        proposal = proposed(account_id=[], card_number=["630423337322", "630423337323"] * 2)
        assert mapping(proposal).account_id.pseudonym == "always"

    def test_a_payee_may_be_a_person(self) -> None:
        proposal = proposed(payee=["Erika Mustermann", "Corner Shop", "Max Beispiel", "Cafe"])
        merchant = mapping(proposal).merchant_id
        assert merchant is not None
        assert merchant.pseudonym == "always"
        assert mapping(proposal.answered("people", "no")).merchant_id.pseudonym == "where needed"  # type: ignore[union-attr]

    def test_a_terminal_is_none(self) -> None:
        merchant = mapping(proposed(terminal_id=["t1", "t2", "t1", "t3"])).merchant_id
        assert merchant is not None
        assert merchant.pseudonym == "where needed"

    def test_names_of_people_are_never_proposed(self) -> None:
        proposal = proposed(first_name=["Erika", "Max", "Erika", "Max"], email=["a@example.org"] * 4)
        assert {"first_name", "email"}.isdisjoint(mapping(proposal).needed)

    def test_an_id_that_comes_twice_is_no_id_of_transactions(self) -> None:
        assert mapping(proposed(transaction_id=["1", "2", "2", "3"])).transaction_id is None
        assert mapping(proposed(transaction_id=["1", "2", "4", "3"])).transaction_id is not None

    def test_an_account_that_pays_once_each_is_doubted_and_a_better_one_preferred(self) -> None:
        rows = 60
        once: list[str | None] = [f"c{number}" for number in range(rows)]
        columns = {"created_at": TIMES * 15, "amount": AMOUNTS * 15}
        lonely = proposed(account_id=once, **columns)
        assert any("No value of account_id comes twice" in note for note in lonely.notes)
        better = proposed(account_id=once, customer_id=["x", "y"] * 30, **columns)
        assert mapping(better).account_id.column == "customer_id"


class TestWhatIsMissing:
    def test_no_account_is_said_and_nothing_silly_proposed(self) -> None:
        proposal = proposed(account_id=[], category=["food", "fuel", "food", "fuel"])
        assert proposal.mapping is None
        assert "No column names the account" in proposal.problems[0]
        assert question(proposal, "account_id").taken == ""

    def test_an_account_can_be_named_in_the_answer(self) -> None:
        proposal = proposed(account_id=[]).answered("account_id", "my-account")
        assert mapping(proposal).account_id.constant == "my-account"

    def test_a_column_can_be_the_answer(self) -> None:
        proposal = proposed(account_id=[], branch=["b1", "b2", "b1", "b2"]).answered("account_id", "branch")
        assert mapping(proposal).account_id.column == "branch"

    def test_columns_without_names_are_guessed_by_their_values_only_where_one_fits(self) -> None:
        cards = ["4111111111111111", "5500005555555559"] * 2
        table = pa.table({"c1": TIMES, "c2": cards, "c3": AMOUNTS})
        proposal = propose(as_columns(table), "CSV")
        assert {
            choice.field: choice.sureness for choice in proposal.choices if choice.field != "currency"
        } == dict.fromkeys(("timestamp", "account_id", "amount"), Sureness.GUESS)
        two = propose(as_columns(table.append_column("c4", pa.array(AMOUNTS))), "CSV")
        assert two.mapping is None
        assert any("No column holds the amount" in problem for problem in two.problems)

    def test_no_time(self) -> None:
        proposal = proposed(created_at=[])
        assert proposal.mapping is None
        assert any("No column holds the time" in problem for problem in proposal.problems)


def test_a_word_that_is_no_answer_is_refused_with_the_choice() -> None:
    proposal = proposed(amount=["-12.50", "-3.99", "2000.00", "-8.05"])
    with pytest.raises(InputError, match="negative, positive, all"):
        proposal.answered("sign", "maybe")
    with pytest.raises(InputError, match="no question colour"):
        proposal.answered("colour", "red")


def test_a_given_layout_stands_in_the_mapping() -> None:
    table = pa.table({"created_at": TIMES, "account_id": ACCOUNTS, "amount": AMOUNTS})
    found = propose(as_columns(table), "CSV", Layout(delimiter=";")).mapping
    assert found is not None
    assert found.layout.delimiter == ";"


def test_typed_columns_need_no_marks() -> None:
    table = pa.table(
        {
            "ts": pa.array([1704448800000, 1704454210000], pa.timestamp("ms", "UTC")),
            "customer_id": pa.array([7, 8], pa.int64()),
            "amount": pa.array([12.5, 3.99], pa.float64()),
            "is_fraud": pa.array([True, False]),
        }
    )
    found = propose(as_columns(table), "Parquet").mapping
    assert found is not None
    rows = Converter(found, table.schema, pseudonyms=lambda: Pseudonyms(KEY)).convert(table.to_batches()[0], 0).rows
    assert rows.column("label").to_pylist() == [1, 0]
    assert rows.column("account_id").to_pylist() == ["7", "8"]


COLUMN_VALUES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["1.234", "03/04/2024", "2024-01-05", "12,50", "-3", "DBIT", "EUR", "€", "yes", "4111111111111111", "", "12:30"]
    ),
)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "date",
                "time",
                "amount",
                "debit",
                "credit",
                "type",
                "currency",
                "label",
                "card",
                "id",
                "name",
                "x",
                "step",
            ]
        ),
        st.lists(st.none() | COLUMN_VALUES, min_size=4, max_size=4),
        min_size=1,
        max_size=8,
    ),
    st.randoms(use_true_random=False),
)
@settings(max_examples=150, deadline=None)
def test_whatever_columns_hold_there_is_a_mapping_that_can_be_tried_or_a_reason(
    columns: dict[str, list[str | None]], order: random.Random
) -> None:
    names = list(columns)
    order.shuffle(names)
    table = pa.table({name: pa.array(columns[name], pa.string()) for name in names})
    proposal = propose(as_columns(table), "CSV")
    if proposal.mapping is None:
        assert proposal.problems
        return
    for asked in proposal.questions:
        for answer in asked.answers:
            assert proposal.answered(asked.key, answer.word).mapping is not None
    converted = Converter(proposal.mapping, table.schema, pseudonyms=lambda: Pseudonyms(KEY)).convert(
        table.to_batches()[0], 0
    )
    assert converted.rows.num_rows + converted.left_out.num_rows == 4
