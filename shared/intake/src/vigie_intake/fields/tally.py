"""What came of the rows of a source: how many are transactions, how many are not, why, and examples."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from vigie_intake.fields.calendar import DAY_MS
from vigie_intake.fields.kernels import pc
from vigie_intake.rows import Converted, LeftOut

EXAMPLES: Final = 3
HOW: Final[dict[LeftOut, str]] = {
    LeftOut.INVALID_ACCOUNT_ID: "each row needs a name of its account, and a spreadsheet must not have rounded it",
    LeftOut.INVALID_TIMESTAMP: "give the mapping's timestamp a format, such as %d.%m.%Y; years are 2000 to 2099",
    LeftOut.INVALID_AMOUNT: "say in the mapping's amount what is money out, and its decimal and thousands marks",
    LeftOut.UNKNOWN_CURRENCY: "ISO 4217 codes are needed, and a rate (VIGIE_EXTRA_RATES adds one); translate words "
    "with the mapping's currency.values",
    LeftOut.INVALID_TRANSACTION_ID: "a spreadsheet has rounded it; export the file again without one",
    LeftOut.INVALID_MERCHANT: "names have at most 128 characters",
    LeftOut.INVALID_CATEGORY: "categories have at most 128 characters and hold no account number",
    LeftOut.INVALID_COUNTRY: "two capital letters of ISO 3166 are needed; translate others with the mapping's "
    "country.values",
    LeftOut.INVALID_PLACE: "degrees are numbers, north to 90 and east to 180; say their decimal mark in the mapping",
    LeftOut.INVALID_CHANNEL: "channels have at most 128 characters and hold no account number",
    LeftOut.INVALID_DEVICE: "names have at most 128 characters",
    LeftOut.INVALID_PAYEE: "names have at most 128 characters",
    LeftOut.INVALID_DIRECTION: "say out or in; translate other words with the mapping's direction.values",
    LeftOut.INVALID_IP_COUNTRY: "two capital letters of ISO 3166 are needed; translate others with the mapping's "
    "ip_country.values",
    LeftOut.INVALID_CARD_PRESENT: "say which words mean what in the mapping's card_present.yes and card_present.no",
    LeftOut.INVALID_LABEL: "say which words mean what in the mapping's label.fraud and label.legitimate",
}
"""What to do about a refusal."""


@dataclass(frozen=True)
class Example:
    """A row that was left out; `row` counts from 1."""

    row: int
    field: str
    value: str | None

    def __str__(self) -> str:
        return f"row {self.row:,}: {'no value' if self.value is None else repr(self.value)}"


@dataclass
class Group:
    """Rows left out for one reason; for dropped ones `why` is the mapping's reason."""

    reason: LeftOut
    why: str
    rows: int = 0
    examples: list[Example] = field(default_factory=list)

    def __str__(self) -> str:
        if self.reason is LeftOut.MONEY_IN:
            return f"{_rows(self.rows)} money that came in, which is not judged (such as {self.examples[0]})"
        if self.reason is LeftOut.DROPPED:
            return f"{_rows(self.rows)} left out as the mapping says: {self.why} (such as {self.examples[0]})"
        examples = ", ".join(map(str, self.examples))
        return f"{_rows(self.rows)} refused: {self.reason.value} (such as {examples}): {HOW[self.reason]}"


@dataclass
class IntakeTally:
    """Adds up batches of a conversion."""

    accepted: int = 0
    only_day: int = 0
    """Transactions of which only the day is known."""
    labelled: int = 0
    _groups: dict[tuple[LeftOut, str], Group] = field(default_factory=dict)

    def add(self, converted: Converted) -> None:
        """Count one batch; batches come in the order of the source."""
        rows = converted.rows
        self.accepted += rows.num_rows
        self.only_day += int((rows.column("timestamp_ms").to_numpy() % DAY_MS == 0).sum())
        self.labelled += rows.num_rows - rows.column("label").null_count
        left = converted.left_out
        if not left.num_rows:
            return
        keys = pc.binary_join_element_wise(left.column("reason"), left.column("field"), "\n").dictionary_encode()
        places = keys.indices.to_numpy()
        for number, key in enumerate(keys.dictionary.to_pylist()):
            self._count(key, np.flatnonzero(places == number), converted)

    def _count(self, key: str, rows: np.ndarray, converted: Converted) -> None:
        reason, what = key.split("\n", 1)
        why = what if reason == LeftOut.DROPPED else ""
        group = self._groups.setdefault((LeftOut(reason), why), Group(LeftOut(reason), why))
        group.rows += len(rows)
        for each in converted.left_out.take(rows[: EXAMPLES - len(group.examples)]).to_pylist():
            group.examples.append(Example(each["row"] + 1, each["field"], each["value"]))

    @property
    def refused(self) -> int:
        """Rows that somebody has to mend."""
        return sum(group.rows for group in self._groups.values() if group.reason.is_refusal)

    @property
    def rows(self) -> int:
        """All rows of the source."""
        return self.accepted + sum(group.rows for group in self._groups.values())

    def groups(self) -> Iterator[Group]:
        """Why rows were left out: refusals first, of each kind the most frequent first."""
        yield from sorted(self._groups.values(), key=lambda group: (not group.reason.is_refusal, -group.rows))

    def sentences(self) -> list[str]:
        """One for each reason, such as `6,000 rows are refused: invalid_country (such as row 2: 'DEU'): …`."""
        return [f"{group}." for group in self.groups()]

    def none_left(self, source: str) -> str:
        """Why there is no transaction: the whole text of an error."""
        if not self.rows:
            return f"{source} has no rows. Give a file with transactions."
        return f"None of the {self.rows:,} rows of {source} is a transaction to judge. {' '.join(self.sentences())}"

    def as_dict(self) -> dict[str, object]:
        """For a report in JSON."""
        return {
            "rows": self.rows,
            "accepted": self.accepted,
            "refused": self.refused,
            "only_day": self.only_day,
            "left_out": [
                {
                    "reason": group.reason.value,
                    **({"why": group.why} if group.why else {}),
                    "rows": group.rows,
                    "examples": [vars(example) for example in group.examples],
                }
                for group in self.groups()
            ],
        }


def _rows(count: int) -> str:
    return "1 row is" if count == 1 else f"{count:,} rows are"
