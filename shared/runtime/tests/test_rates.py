"""Rates of a service: a file and single ones by setting, and what is said where they are broken."""

from datetime import date
from pathlib import Path

import pytest

from vigie_runtime import ConfigurationError, load_settings
from vigie_runtime.rates import RateSettings, configured_rates
from vigie_schemas import shipped_rates

DAILY = "Date, USD, JPY, \n03 June 2021, 1.25, 133.81, \n"


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VIGIE_RATES_FILE", "VIGIE_EXTRA_RATES"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_setting_the_shipped_rates_are_used() -> None:
    assert configured_rates() == shipped_rates()


def test_a_file_and_single_rates_replace_what_they_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "eurofxref.csv"
    path.write_text(DAILY)
    monkeypatch.setenv("VIGIE_RATES_FILE", str(path))
    monkeypatch.setenv("VIGIE_EXTRA_RATES", "JPY=160,XYZ=4")

    rates = configured_rates()

    assert (rates.as_of, rates.source, rates.added) == (date(2021, 6, 3), "eurofxref.csv", ("JPY", "XYZ"))
    assert [rates.eur_per_unit[code] for code in ("USD", "JPY", "XYZ")] == [0.8, 1 / 160, 0.25]
    assert rates.eur_per_unit["GBP"] == shipped_rates().eur_per_unit["GBP"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"Date, USD\n03 June 2021, none\n", r"VIGIE_RATES_FILE: my\.csv, line 2: USD is 'none'"),
        (b"Date, JPY\n03 June 2021, 0.0062\n", r"VIGIE_RATES_FILE: my\.csv: JPY is 0\.0062, which looks like EUR"),
        (b"PK\x03\x04rest", r"VIGIE_RATES_FILE: my\.csv is a zip.*: unpack"),
        (b"Date, USD\n03 M\xe4rz 2021, 1.2\n", r"VIGIE_RATES_FILE: my\.csv, line 2 is no UTF-8 text"),
        (None, r"VIGIE_RATES_FILE: .*my\.csv cannot be read \(No such file"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_at_the_start(
    content: bytes | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "my.csv"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("VIGIE_RATES_FILE", str(path))

    with pytest.raises(ConfigurationError, match=said):
        load_settings(RateSettings)


def test_a_single_rate_that_cannot_be_used_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_EXTRA_RATES", "TZS 2600")

    with pytest.raises(ConfigurationError, match="VIGIE_EXTRA_RATES: TZS 2600 names no currency"):
        load_settings(RateSettings)
