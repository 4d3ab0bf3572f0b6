"""Mappings as TOML: what is written is read again as it was, and errors say where and what is allowed."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie_intake.mapping import Amount, Drop, LabelWords, Layout, Mapping, Name, Number, Text, Timestamp, TruthWords
from vigie_intake.mapping_file import mapping_of_text, mapping_text, own_columns_mapping, read_mapping
from vigie_runtime import InputError

VALID = """\
version = 1

[timestamp]
column = "ts"

[account_id]
column = "a"

[amount]
column = "x"
"""
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
TEXTS = {
    "pattern": st.none() | st.sampled_from(["^(a)$", r"\d+"]),
    "values": st.dictionaries(WORDS, WORDS, max_size=3),
    "default": st.none() | WORDS,
}
ORIGINS = st.one_of(
    st.fixed_dictionaries({"column": WORDS}),
    st.fixed_dictionaries({"columns": st.lists(WORDS, min_size=1, max_size=3), "join": WORDS}),
    st.fixed_dictionaries({"constant": WORDS}),
)


def parts(model: type, **more: Any) -> st.SearchStrategy[Any]:
    return st.builds(lambda origin, rest: model(**origin, **rest), ORIGINS, st.fixed_dictionaries({**TEXTS, **more}))


TIMES = st.builds(
    Timestamp,
    column=WORDS,
    format=st.sampled_from([None, "iso", "%d.%m.%Y", "seconds"]),
    zone=st.sampled_from(["UTC", "Europe/Paris"]),
    precision=st.sampled_from([None, "day", "minute"]),
) | st.builds(Timestamp, columns=st.lists(WORDS, min_size=1), format=st.just("steps"), start=st.just("2024-01-01"),
              step_seconds=st.floats(0.001, 1e6))  # fmt: skip
AMOUNTS = st.one_of(
    st.builds(Amount, column=WORDS, decimal=st.just(","), thousands=st.sampled_from([".", " "]), unit=st.just("minor")),
    st.builds(Amount, debit=WORDS, credit=WORDS, out=st.sampled_from(["all", "negative"])),
    st.builds(Amount, column=WORDS, out=st.just("column"), direction=WORDS, out_words=st.just(("D", '"'))),
)
MAPPINGS = st.builds(
    Mapping,
    profile=st.none() | WORDS,
    layout=st.builds(Layout, delimiter=st.sampled_from([None, "\t", ";"]), header_line=st.sampled_from([None, 0, 3])),
    timestamp=TIMES,
    account_id=parts(Name, pseudonym=st.sampled_from(["where needed", "always"])),
    amount=AMOUNTS,
    currency=parts(Text),
    country=st.none() | parts(Text),
    lat=st.none() | st.builds(Number, column=WORDS, decimal=st.sampled_from([".", ","])),
    payee_id=st.none() | parts(Name),
    card_present=st.none() | st.builds(TruthWords, column=WORDS, yes=st.just(("chip",)), no=st.just(("online",))),
    label=st.none() | st.builds(LabelWords, column=WORDS, fraud=st.just(("yes",)), legitimate=st.just(("no",))),
    drop=st.lists(st.builds(Drop, column=WORDS, values=st.lists(WORDS, min_size=1), reason=WORDS), max_size=2),
)


@given(MAPPINGS, WORDS)
def test_what_is_written_is_read_again_as_it_was(mapping: Mapping, comment: str) -> None:
    comments = dict.fromkeys(("", "amount", "country", "drop"), comment)

    assert mapping_of_text(mapping_text(mapping), "mapping.toml") == mapping
    assert mapping_of_text(mapping_text(mapping, comments), "mapping.toml") == mapping


def test_a_file_is_read_with_a_mark_at_its_beginning_too(tmp_path: Path) -> None:
    file = tmp_path / "mapping.toml"
    file.write_text(VALID, encoding="utf-8-sig")

    assert read_mapping(file) == Mapping(
        timestamp=Timestamp(column="ts"), account_id=Name(column="a"), amount=Amount(column="x")
    )


def test_comments_stand_above_their_field() -> None:
    text = mapping_text(mapping_of_text(VALID, ""), {"": "two\nlines", "amount": "why"})

    assert text.startswith("# two\n# lines\nversion = 1\n")
    assert '# why\n[amount]\ncolumn = "x"\n' in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (VALID + 'decimall = ","\n', r"amount.decimall \(line 11\): this is not known; did you mean decimal\?"),
        (VALID + "[ammount]\n", r"ammount \(line 11\): this is not known; did you mean amount\?"),
        (VALID + 'decimal = ";"\n', r"amount.decimal \(line 11\): input should be '.' or ','"),
        (VALID.replace('[amount]\ncolumn = "x"\n', ""), "amount: it is missing. Add it; a mapping can have version,"),
        (VALID + "[country]\ncolumn = 'c'\nvalues = { DEU = 1 }\n", r"country.values.DEU \(line 13\): input should"),
        (VALID + "debit = 'd'\n", r"amount \(line 9\): give column, or debit and credit together"),
        (VALID + "out = 'column'\n", r"amount \(line 9\): out = \"column\" needs direction and out_words"),
        (VALID + "[[drop]]\ncolumn = 's'\nvalues = []\nreason = 'r'\n", r"drop\[0\].values \(line 13\): tuple should"),
        (VALID.replace('"ts"', '"ts"\nzone = "Mars"'), r"timestamp \(line 3\): There is no time zone 'Mars'"),
        (VALID.replace('"ts"', '"ts"\nformat = "%d"'), "lacks a year"),
        (VALID + "[category]\ncolumn = 'c'\npattern = '('\n", r"category.pattern \(line 13\): is no regular"),
        (VALID + "[label]\ncolumn = 'l'\nfraud = ['A']\nlegitimate = ['a']\n", "'a' is in fraud and in legitimate"),
        (VALID + "nonsense", "is no TOML: .*line 11|is no TOML: .*end of document"),
        ("version = 2\n" + VALID.split("\n", 1)[1], r"version \(line 1\): input should be 1"),
    ],
)  # fmt: skip
def test_errors_say_where_and_what_is_allowed(text: str, words: str) -> None:
    with pytest.raises(InputError, match=f"^mapping.toml.*{words}"):
        mapping_of_text(text, "mapping.toml")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes("# é".encode("latin-1"))
    (tmp_path / "large.toml").write_bytes(b"#" * 1_000_001)

    with pytest.raises(InputError, match=r"absent.toml cannot be read: No such file"):
        read_mapping(tmp_path / "absent.toml")
    with pytest.raises(InputError, match=r"latin.toml is not UTF-8"):
        read_mapping(tmp_path / "latin.toml")
    with pytest.raises(InputError, match=r"large.toml is too large"):
        read_mapping(tmp_path / "large.toml")


def schema(*names: str) -> pa.Schema:
    return pa.schema([pa.field(name, pa.string()) for name in names])


def test_files_with_our_own_names_need_no_mapping() -> None:
    mapping = own_columns_mapping(schema("ts", "account_id", "amount", "country", "note", "label"))

    assert mapping is not None
    assert mapping.needed == ("ts", "account_id", "amount", "country", "label")
    assert mapping.currency == Text(constant="EUR")


def test_the_currency_of_a_file_stands_before_the_one_that_is_meant_else() -> None:
    mapping = own_columns_mapping(schema("timestamp_ms", "account_id", "amount", "currency"), currency="USD")

    assert mapping is not None
    assert mapping.currency == Text(column="currency", default="USD")
    assert mapping.timestamp.format == "milliseconds"


@pytest.mark.parametrize("names", [("ts", "amount"), ("account_id", "amount"), ("ts", "account_id"), ()])
def test_without_a_needed_column_there_is_no_own_mapping(names: tuple[str, ...]) -> None:
    assert own_columns_mapping(schema(*names)) is None
