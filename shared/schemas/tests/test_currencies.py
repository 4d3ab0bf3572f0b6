"""The shipped rates, files in the ECB's layouts, and rates by setting."""

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from vigie_schemas.currencies import (
    EUR_PER_UNIT,
    SHIPPED,
    minor_digits,
    parse_extra_rates,
    shipped_rates,
)
from vigie_schemas.rates_file import RatesError, read_rates
from vigie_schemas.transaction import AcceptedTransaction, Transaction

DAILY = "Date, USD, JPY, BGN, \n03 June 2021, 1.2187, 133.81, 1.9558, \n"
HISTORIC = "Date,USD,JPY,CYP,\n2021-06-02,1.2,130,N/A,\n2021-06-03,1.2187,133.81,N/A,\n1999-01-04,1.1789,133.73,0.58,\n"


def test_the_shipped_rates_are_dated_and_the_commonest_currencies_come_first() -> None:
    rates = shipped_rates()

    assert rates.as_of == date(2024, 12, 31)
    assert list(rates.eur_per_unit)[:4] == ["EUR", "USD", "GBP", "CHF"]
    assert rates.in_words() == (
        f"{len(rates.eur_per_unit)} currencies at rates of 31 December 2024 ({SHIPPED} that ships with Vigie)"
    )


def test_currencies_of_all_continents_and_those_before_the_euro_have_a_rate() -> None:
    assert {"TZS", "RUB", "HRK", "DEM", "BGN", "ZWG", "SLE", "VES", "XCG", "MRU", "STN", "BYN"} <= EUR_PER_UNIT.keys()
    assert EUR_PER_UNIT["HRK"] == pytest.approx(1 / 7.5345)
    assert EUR_PER_UNIT["DEM"] == pytest.approx(1 / 1.95583)
    assert 1 / 200 < EUR_PER_UNIT["JPY"] < 1 / 130
    assert len(EUR_PER_UNIT) == len(list(EUR_PER_UNIT)) > 190


@pytest.mark.parametrize(("code", "digits"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("TND", 3), ("CLF", 4), ("ABC", 2)])
def test_amounts_have_the_digits_of_iso_4217(code: str, digits: int) -> None:
    assert minor_digits(code) == digits


def test_the_daily_file_is_read() -> None:
    rates = read_rates("\ufeff" + DAILY, "eurofxref.csv")

    assert (rates.as_of, rates.units_per_eur) == (date(2021, 6, 3), {"USD": 1.2187, "JPY": 133.81, "BGN": 1.9558})


@pytest.mark.parametrize("text", [HISTORIC, HISTORIC.replace("\n", "\r\n"), HISTORIC.replace(",\n", "\n")])
def test_of_the_historic_file_the_newest_line_counts_wherever_it_stands(text: str) -> None:
    rates = read_rates(text, "eurofxref-hist.csv")

    assert (rates.as_of, rates.units_per_eur) == (date(2021, 6, 3), {"USD": 1.2187, "JPY": 133.81})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "r.csv is empty: the first line is Date and codes"),
        ("Date, USD, \n", "r.csv has a header and no rates"),
        ("\n\nCurrency,Rate\nUSD,1.1\n", "r.csv, line 3 begins with 'Currency'"),
        ("Date, usd\n03 June 2021, 1.2\n", "r.csv, line 1: 'usd' is no code of a currency"),
        ("Date, USD, USD\n03 June 2021, 1.2, 1.3\n", "r.csv, line 1: USD stands there twice"),
        ("Date, USD\n03.06.2021, 1.2\n", "r.csv, line 2: '03.06.2021' is no date such as 03 June 2021"),
        ("Date, USD\n31 June 2021, 1.2\n", "r.csv, line 2: '31 June 2021' is no date"),
        ("Date, USD\n2021-06-03, zero\n", "r.csv, line 2: USD is 'zero' and not a number above 0"),
        ("Date, USD\n2021-06-03, -1\n", "r.csv, line 2: USD is '-1' and not a number above 0"),
        ("Date, USD\n2021-06-03, nan\n", "r.csv, line 2: USD is 'nan' and not a number above 0"),
        ("Date, USD, JPY\n2021-06-03, 1,2, 133\n", "r.csv, line 2: 4 fields and 3 in the header"),
        ("Date, USD, JPY\n2021-06-03, 1.2, 133\n2021-06-02, 1.2\n", "r.csv, line 3: 2 fields and 3 in the header"),
        ('Date, USD\n"2021-06-03, 1.2\n', "r.csv, line 2: unexpected end of data"),
    ],
)
def test_a_broken_file_is_refused_with_its_name_and_the_line(text: str, said: str) -> None:
    with pytest.raises(RatesError) as raised:
        read_rates(text, "r.csv")

    assert said in str(raised.value)


@given(st.text(max_size=200))
def test_no_text_is_more_than_refused(text: str) -> None:
    with contextlib.suppress(RatesError):
        assert all(units > 0 for units in read_rates(text, "r.csv").units_per_eur.values())


def test_what_a_file_lacks_keeps_the_shipped_rate() -> None:
    shipped = shipped_rates()
    dated = read_rates(DAILY, "mine.csv")

    rates = shipped.replaced(dated.units_per_eur, dated.as_of, "mine.csv").extended({"XYZ": 4})

    assert rates.eur_per_unit["USD"] == 1 / 1.2187
    assert rates.eur_per_unit["TZS"] == shipped.eur_per_unit["TZS"]
    assert rates.eur_per_unit["XYZ"] == 0.25
    assert list(rates.eur_per_unit)[:3] == ["EUR", "USD", "GBP"]
    assert rates.in_words().endswith("currencies at rates of 3 June 2021 (mine.csv), and XYZ by setting")


def test_further_rates_are_units_per_eur() -> None:
    assert parse_extra_rates(" TZS=2900, XYZ = 1.5,") == {"TZS": 2900.0, "XYZ": 1.5}
    assert parse_extra_rates("") == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("TZS", "TZS has no rate: write CODE=UNITS PER EUR, such as TZS=2600"),
        ("TZS=0", "TZS=0 has no rate"),
        ("TZS=inf", "TZS=inf has no rate"),
        ("TZS=2600;XYZ=1", "TZS=2600;XYZ=1 has no rate"),
        ("tzs=2600", "tzs=2600 names no currency"),
        ("XXX=1", "XXX=1 names no currency"),
        ("TZS=2600,TZS=2700", "TZS stands there twice"),
    ],
)
def test_a_setting_that_is_no_rate_is_refused(text: str, said: str) -> None:
    with pytest.raises(RatesError) as raised:
        parse_extra_rates(text)

    assert said in str(raised.value)


@pytest.mark.parametrize(("code", "units"), [("TZS", 0.0004), ("JPY", 0.0062), ("EUR", 1.1), ("IRR", 0.00002)])
def test_a_rate_the_wrong_way_round_is_refused(code: str, units: float) -> None:
    with pytest.raises(RatesError, match="units per EUR"):
        shipped_rates().extended({code: units})


@pytest.mark.parametrize(("code", "units"), [("USD", 0.9), ("USD", 20), ("TZS", 260_000), ("TZS", 3), ("EUR", 1)])
def test_a_rate_that_has_changed_much_is_taken(code: str, units: float) -> None:
    assert shipped_rates().extended({code: units}).eur_per_unit[code] == 1 / units


PAYMENT = {
    "schema_version": 1,
    "transaction_id": "t",
    "account_id": "a",
    "timestamp_ms": 1_735_732_800_000,
    "amount": 2.0,
}


@pytest.mark.parametrize("code", ["EUR", "TZS", "HRK", "KWD"])
def test_a_transaction_may_be_in_any_currency_with_a_rate(code: str) -> None:
    assert Transaction.model_validate({**PAYMENT, "currency": code}).currency == code


@pytest.mark.parametrize("code", ["XYZ", "QQQ", "XXX", "XTS", "eur", "EURO", "EUR\n", ""])
def test_other_words_are_no_currency(code: str) -> None:
    with pytest.raises(ValidationError, match="currency"):
        Transaction.model_validate({**PAYMENT, "currency": code})


def test_a_currency_by_setting_is_taken_where_the_setting_is_known_and_in_every_alert() -> None:
    rates = shipped_rates().extended({"XYZ": 4})
    record = {**PAYMENT, "currency": "XYZ"}

    assert Transaction.model_validate(record, context=rates.context).currency == "XYZ"
    assert AcceptedTransaction.model_validate(record).currency == "XYZ"
    with pytest.raises(ValidationError, match="VIGIE_EXTRA_RATES"):
        Transaction.model_validate(record)
