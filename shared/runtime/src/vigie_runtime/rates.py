"""Reference rates of a service: the shipped ones, a file's, and further ones by setting (docs/adr/0006)."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from vigie_runtime.settings import ServiceSettings, load_settings
from vigie_schemas.currencies import Rates, parse_extra_rates, shipped_rates
from vigie_schemas.rates_file import RatesError, read_rates

MAX_FILE_BYTES = 16 * 2**20
"""The ECB's history of all days since 1999 has two megabytes."""


class RateSettings(ServiceSettings):
    """Settings of whatever compares amounts in several currencies."""

    rates_file: Path | None = Field(
        default=None,
        description="Reference rates in the layout of the ECB's eurofxref.csv or eurofxref-hist.csv, the newest line "
        "counts; codes it lacks keep the shipped rate.",
    )
    extra_rates: str = Field(
        default="", description="Further rates, units per EUR: TZS=2600,XYZ=1.5. They go before the file's."
    )

    @model_validator(mode="after")
    def _readable(self) -> Self:
        self.rates()
        return self

    def rates(self) -> Rates:
        """The rates in use; raises ValueError that names the variable, the file and the line where they are broken."""
        rates = shipped_rates()
        if self.rates_file is not None:
            rates = _with_file(rates, self.rates_file)
        try:
            return rates.extended(parse_extra_rates(self.extra_rates))
        except RatesError as error:
            raise ValueError(f"VIGIE_EXTRA_RATES: {error}") from None


def configured_rates() -> Rates:
    """The rates by the environment; raises ConfigurationError. For commands that have no settings of their own."""
    return load_settings(RateSettings).rates()


def _with_file(rates: Rates, path: Path) -> Rates:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ValueError(f"VIGIE_RATES_FILE: {path} cannot be read ({error.strerror}).") from None
    if content.startswith(b"PK"):
        raise ValueError(f"VIGIE_RATES_FILE: {path.name} is a zip, as the ECB offers it: unpack the CSV from it.")
    if len(content) > MAX_FILE_BYTES:
        raise ValueError(f"VIGIE_RATES_FILE: {path.name} has more than {MAX_FILE_BYTES:,} bytes and is no such file.")
    try:
        dated = read_rates(content.decode("utf-8"), path.name)
        return rates.replaced(dated.units_per_eur, dated.as_of, path.name)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ValueError(f"VIGIE_RATES_FILE: {path.name}, line {line} is no UTF-8 text.") from None
    except RatesError as error:
        named = str(error) if path.name in str(error) else f"{path.name}: {error}"
        raise ValueError(f"VIGIE_RATES_FILE: {named}") from None
