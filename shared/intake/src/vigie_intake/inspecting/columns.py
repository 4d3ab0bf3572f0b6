"""What is in one column of the part that was looked at."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import pyarrow as pa

from vigie_intake.fields.texts import plain_text
from vigie_runtime import InputError
from vigie_runtime.parquet_columns import ColumnKind, kind_of
from vigie_schemas.account_numbers import is_account_number

KEPT_COLUMNS: Final = 64  # what is found out about so many columns is kept, as several questions ask for it
MANY_ROWS: Final = 50  # from here on shares and repetitions tell something
_MIN_SHARE_OF_ACCOUNT_NUMBERS: Final = 0.5
_MAX_CHECKED: Final = 300
_CUT: Final = re.compile(r"\d(?:[.,]\d{1,8})?[eE]\+?\d{2}")


@dataclass(frozen=True, eq=False)  # one column is itself only, so that what is found out about it can be kept
class Column:
    """A column of the sample: `values` as the source gives them, one entry a row."""

    name: str
    values: pa.Array

    @cached_property
    def texts(self) -> pa.Array:
        """The values as trimmed text, null where there is none; all null where it holds no single values."""
        try:
            return plain_text(self.values)
        except InputError:
            return pa.nulls(len(self.values), pa.string())

    @cached_property
    def present(self) -> pa.Array:
        """The texts that are there."""
        return self.texts.drop_null()

    @cached_property
    def counts(self) -> Counter[str]:
        """How often each text is there, in order of appearance."""
        return Counter(self.present.to_pylist())

    @property
    def kind(self) -> ColumnKind:
        """What its type can hold; columns of CSV and JSON are text."""
        return kind_of(self.values.type)

    @property
    def empty_share(self) -> float:
        """Part of the rows without a value."""
        return self.texts.null_count / len(self.texts) if len(self.texts) else 0.0

    @property
    def repeats(self) -> bool:
        """Whether values come again, as those of accounts, merchants and words do."""
        return len(self.counts) < len(self.present)

    @cached_property
    def holds_account_numbers(self) -> bool:
        """Whether most values look like card numbers or IBANs."""
        found = sum(is_account_number(value) for value in self._first)
        return found > 0 and found >= _MIN_SHARE_OF_ACCOUNT_NUMBERS * len(self._first)

    @cached_property
    def holds_cut_numbers(self) -> bool:
        """Whether long numbers were rounded by a spreadsheet, such as 2.29116E+15: their last digits are lost."""
        return sum(_CUT.fullmatch(value) is not None for value in self._first) * 2 > len(self._first)

    @cached_property
    def _first(self) -> list[str]:
        """The first values that are there, each once."""
        return list(dict.fromkeys(self.present.slice(0, _MAX_CHECKED).to_pylist()))
