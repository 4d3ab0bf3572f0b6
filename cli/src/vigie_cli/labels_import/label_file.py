"""A file that says of transactions whether they were fraud: read, and what is no label in it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyarrow as pa

from vigie_intake.fields.texts import TextReader
from vigie_intake.fields.times import TimeReader
from vigie_intake.fields.words import IdReader, TruthReader
from vigie_intake.mapping import LabelWords, Text, Timestamp
from vigie_intake.reading import open_source
from vigie_intake.source import Source
from vigie_runtime import InputError
from vigie_runtime.pseudonyms import Pseudonyms
from vigie_schemas import is_account_number

ID: Final = "transaction_id"
LABEL: Final = "label"
SCENARIO: Final = "scenario"
LABELLED_AT: Final = "labelled_at"
COLUMNS: Final = (ID, LABEL, SCENARIO, LABELLED_AT)
MAX_EXAMPLES: Final = 3


@dataclass(frozen=True)
class FileLabel:
    """What the file says of one transaction."""

    is_fraud: bool
    scenario: str | None
    labelled_at_ms: int | None


@dataclass
class LabelFile:
    """All that the file says."""

    labels: dict[str, FileLabel] = field(default_factory=dict)
    """By the transaction's name, as topics have it."""
    repeated: int = 0
    """Rows that say again what one before said."""
    contradicted: set[str] = field(default_factory=set)
    """Transactions of which rows say both; none of their rows is a label."""
    unreadable: dict[str, list[int]] = field(default_factory=dict)
    """Numbers of the rows that are no labels, by reason, counted from 1."""

    def add(self, name: str, label: FileLabel) -> None:
        """Take one row."""
        known = self.labels.setdefault(name, label)
        if known is label:
            return
        if known.is_fraud == label.is_fraud:
            self.repeated += 1
        else:
            self.contradicted.add(name)

    def refuse(self, row: int, reason: str) -> None:
        """Count a row that is no label."""
        self.unreadable.setdefault(reason, []).append(row + 1)

    def settle(self) -> None:
        """Take out what is contradicted, once all rows are read."""
        for name in self.contradicted:
            self.labels.pop(name, None)


def read_label_file(
    path: Path, columns: Mapping[str, str], pseudonyms: Callable[[], Pseudonyms], *, all_fraud: bool
) -> LabelFile:
    """Read the whole file; `columns` gives its name for a column of COLUMNS where they differ.

    Raises InputError where it cannot be read, lacks a column, or holds no label at all.
    """
    source = open_source(path)
    readers = _readers(source, columns, pseudonyms, all_fraud=all_fraud)
    found, first = LabelFile(), 0
    for batch in source.batches(sorted({*readers.needed})):
        for row, given in enumerate(readers.rows(batch), start=first):
            if isinstance(given, str):
                found.refuse(row, given)
            else:
                found.add(*given)
        first += batch.num_rows
    found.settle()
    if not found.labels:
        raise InputError(f"{source.name} holds no label in {first:,} rows{_why(found)}.")
    return found


@dataclass(frozen=True)
class _Readers:
    needed: list[str]
    ids: IdReader
    truth: TruthReader | None
    scenario: TextReader | None
    time: TimeReader | None

    def rows(self, batch: pa.RecordBatch) -> "list[tuple[str, FileLabel] | str]":
        """Each row's label by its transaction, or the reason why it is none."""
        ids = self.ids.read(batch)
        names, broken = ids.values.to_pylist(), ids.broken.tolist()
        truths = [1] * len(names) if self.truth is None else self.truth.read(batch).values.to_pylist()
        scenarios = [None] * len(names) if self.scenario is None else self.scenario.read(batch).to_pylist()
        times = [None] * len(names) if self.time is None else self.time.read(batch).values.to_pylist()
        return [self._row(*given) for given in zip(names, broken, truths, scenarios, times, strict=True)]

    def _row(
        self, name: str | None, broken: bool, truth: int | None, scenario: str | None, at_ms: int | None
    ) -> tuple[str, FileLabel] | str:
        if name is None or broken:
            return "names no transaction"
        if truth is None:
            return "says neither fraud nor sound"
        if scenario is not None and is_account_number(scenario):
            return f"holds an account number in {SCENARIO}"
        if self.time is not None and at_ms is None:
            return f"has no time that can be read in {LABELLED_AT}"
        return name, FileLabel(truth == 1, scenario if truth == 1 else None, at_ms)


def _readers(
    source: Source, columns: Mapping[str, str], pseudonyms: Callable[[], Pseudonyms], *, all_fraud: bool
) -> _Readers:
    named = {ours: columns.get(ours, ours) for ours in COLUMNS}
    missing = [ours for ours in COLUMNS if ours in columns and columns[ours] not in source.schema.names]
    missing += [ours for ours in (ID, LABEL) if named[ours] not in source.schema.names and ours not in missing]
    if all_fraud and LABEL not in columns and LABEL in missing:
        missing.remove(LABEL)
    if missing:
        raise InputError(_which_column(source, missing[0], named[missing[0]]))
    has = {ours: column for ours, column in named.items() if column in source.schema.names}
    if all_fraud:
        has.pop(LABEL, None)
    words = LabelWords(column=has.get(LABEL, ""))
    return _Readers(
        needed=list(has.values()),
        ids=IdReader(Text(column=has[ID]), pseudonyms),
        truth=TruthReader(has[LABEL], yes=words.fraud, no=words.legitimate, values=pa.int8()) if LABEL in has else None,
        scenario=TextReader(Text(column=has[SCENARIO])) if SCENARIO in has else None,
        time=TimeReader(Timestamp(column=has[LABELLED_AT])) if LABELLED_AT in has else None,
    )


def _which_column(source: Source, ours: str, theirs: str) -> str:
    there = ", ".join(source.schema.names[:20])
    or_else = " Or say --all-fraud where each row is a fraud, as in a file of chargebacks." if ours == LABEL else ""
    return (
        f"{source.name} has no column {theirs}; it has {there}. Name the one that is meant with "
        f"--column {ours}=NAME.{or_else}"
    )


def _why(found: LabelFile) -> str:
    """The reasons with their counts, as the end of a sentence."""
    reasons = [f"{len(rows):,} of them {reason}" for reason, rows in found.unreadable.items()]
    if found.contradicted:
        reasons.append(f"{len(found.contradicted):,} transactions are called both fraud and sound")
    return f": {', '.join(reasons)}" if reasons else ""
