"""Where the table lies in a text, how it is cut, and what is said about that."""

import gzip
from pathlib import Path

import pytest

from vigie_intake.mapping import Layout
from vigie_intake.reading import open_source
from vigie_intake.source import Source
from vigie_runtime import ConfigurationError, InputError

Row = tuple[str | None, ...]


def opened(tmp_path: Path, content: str | bytes, layout: Layout | None = None) -> Source:
    path = tmp_path / "export.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return open_source(path, layout or Layout())


def rows(source: Source, columns: list[str] | None = None) -> list[Row]:
    return [tuple(row.values()) for batch in source.batches(columns) for row in batch.to_pylist()]


def found(source: Source, setting: str) -> list[str]:
    return [finding.value for finding in source.findings if finding.setting == setting]


def test_one_delimiter_more_than_the_header_shifts_no_column(tmp_path: Path) -> None:
    source = opened(tmp_path, "id,account,amount\n1,a,230.53,\n2,b,1.50,\n")

    assert source.schema.names == ["id", "account", "amount"]
    assert rows(source) == [("1", "a", "230.53"), ("2", "b", "1.50")]
    assert "each row ends in a delimiter" in next(one.reason for one in source.findings if one.setting == "columns")


def test_one_delimiter_more_is_understood_without_a_number_in_any_row(tmp_path: Path) -> None:
    assert rows(opened(tmp_path, "one,two\na,b,\nc,d,\n")) == [("a", "b"), ("c", "d")]


def test_a_value_behind_the_last_name_is_refused_where_it_first_comes(tmp_path: Path) -> None:
    lines = "".join(f"{number},a,{number}.5,\n" for number in range(60_000))
    source = opened(tmp_path, f"id,account,amount\n{lines}60000,a,1,75\n")

    with pytest.raises(InputError, match="has 3 names, but rows of 4 fields"):
        rows(source)


def test_a_delimiter_after_the_names_only_is_no_column(tmp_path: Path) -> None:
    source = opened(tmp_path, "id,account,amount,\n1,a,230.53\n")

    assert rows(source) == [("1", "a", "230.53")]


def test_a_decimal_mark_that_is_the_delimiter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Line 2 .* has 4 fields where .* has 3 \(2 such lines\).*decimal mark"):
        opened(tmp_path, "id,account,amount\n1,a,230,53\n2,b,1,50\n")


@pytest.mark.parametrize("majority", [1, 40])
def test_rows_of_another_width_are_refused_whichever_are_more(majority: int, tmp_path: Path) -> None:
    good, bad = "1,a,2.5\n" * majority, "2,b,1.5,3\n" * 20
    with pytest.raises(InputError, match=rf"Line {majority + 2} of export.csv has 4 fields .*20 such lines"):
        rows(opened(tmp_path, f"id,account,amount\n{good}{bad}{good}"))


def test_a_row_of_fewer_fields_is_refused_with_its_line(tmp_path: Path) -> None:
    lines = '1,"two\nlines",3\n' * 5
    with pytest.raises(InputError, match=r"Line 12 of export.csv has 2 fields"):
        rows(opened(tmp_path, f"id,account,amount\n{lines}2,b\n{lines}"))


def test_rows_without_names_lose_none_to_their_width(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Line 1 .* has 3 fields where the first row has 4"):
        rows(opened(tmp_path, "1,a,230.53\n2,b,1.5,3\n3,c,2,1\n"))


def test_of_a_name_twice_neither_column_wins(tmp_path: Path) -> None:
    source = opened(tmp_path, "id,amount,amount\n1,2,230.53\n2,3,1.5\n")

    assert source.schema.names == ["id", "amount#1", "amount#2"]
    assert rows(source, ["amount#2"]) == [("230.53",), ("1.5",)]
    with pytest.raises(InputError, match=r"has the column amount 2 times. Say which: amount#1 or amount#2"):
        rows(source, ["amount"])


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no column iban; it has id, amount"):
        rows(opened(tmp_path, "id,amount\n1,2\n"), ["iban"])


def test_columns_come_in_the_order_asked_for(tmp_path: Path) -> None:
    assert rows(opened(tmp_path, "a,b,c\nx,y,1\n"), ["c", "a"]) == [("1", "x")]


def test_a_bank_export_has_lines_before_and_after_its_rows(tmp_path: Path) -> None:
    text = (
        "Konto: Girokonto\nZeitraum: 01.02.2024 - 29.02.2024\n\n"
        "Buchungstag;Betrag;Text\n01.02.2024;-12,50;Kauf\n02.02.2024;-1.012,50;Kauf, groß\n\nSumme;-1.025,00\n"
    )
    source = opened(tmp_path, text.encode("cp1252"))

    assert rows(source) == [("01.02.2024", "-12,50", "Kauf"), ("02.02.2024", "-1.012,50", "Kauf, groß")]
    assert found(source, "encoding") == ["cp1252"]
    assert found(source, "delimiter") == [";"]
    assert found(source, "header_line") == ["4"]
    assert found(source, "footer_lines") == ["2"]


@pytest.mark.parametrize("before", ["Konto;DE89 3704 0044 0532 0130 00\nvon;bis\n", "Konto;Giro\n\n", "Konto;Giro;x\n"])
def test_lines_before_the_names_may_be_cut_like_rows(before: str, tmp_path: Path) -> None:
    source = opened(tmp_path, f"{before}Buchungstag;Betrag\n01.02.2024;-12,50\n02.02.2024;-1,00\n03.02.2024;7,00\n")

    assert source.schema.names == ["Buchungstag", "Betrag"]
    assert len(rows(source)) == 3


def test_a_blank_line_between_names_and_rows_separates_nothing(tmp_path: Path) -> None:
    assert rows(opened(tmp_path, "ts,amount\n\n2024-01-01,5\n2024-01-02,6\n")) == [
        ("2024-01-01", "5"),
        ("2024-01-02", "6"),
    ]


def test_blank_lines_between_rows_lose_none(tmp_path: Path) -> None:
    many = "".join(f"2024-01-02,{number}\n" for number in range(20))
    source = opened(tmp_path, f"ts,amount\n2024-01-01,5\n\n{many}\n2024-01-03,6\n")

    assert source.schema.names == ["ts", "amount"]
    assert len(rows(source)) == 22


def test_a_first_row_with_a_word_for_a_number_is_a_row(tmp_path: Path) -> None:
    assert rows(opened(tmp_path, "id,when,amount\na,n/a,n/a\nb,2024-01-01,2\nc,2024-01-02,3\n"))[0] == (
        "a",
        "n/a",
        "n/a",
    )


def test_rows_without_names_are_found_out(tmp_path: Path) -> None:
    source = opened(tmp_path, "1;acc;2024-01-01;12,5\n2;acc;2024-01-02;1,5\n")

    assert source.schema.names == ["c1", "c2", "c3", "c4"]
    assert rows(source)[0] == ("1", "acc", "2024-01-01", "12,5")
    assert found(source, "header_line") == ["0"]


def test_what_is_said_is_not_found_out(tmp_path: Path) -> None:
    layout = Layout(delimiter=";", encoding="latin-1", header_line=2, footer_lines=1, quote="'")
    source = opened(tmp_path, "x;y\na;b\n'1;2';é\nend;1\n".encode("latin-1"), layout)

    assert rows(source) == [("1;2", "é")]
    assert list(source.findings) == []


def test_header_line_0_keeps_the_first_line_as_a_row(tmp_path: Path) -> None:
    assert rows(opened(tmp_path, "a,b\nc,1\n", Layout(header_line=0))) == [("a", "b"), ("c", "1")]


def test_a_line_that_holds_no_names_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Line 9 of export.csv holds no names. Say which does: layout.header_line"):
        opened(tmp_path, "a,b\n1,2\n", Layout(header_line=9))


def test_an_unknown_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"layout.encoding klingon is unknown"):
        opened(tmp_path, "a,b\n1,2\n", Layout(encoding="klingon"))


def test_na_is_text_and_an_empty_field_is_null(tmp_path: Path) -> None:
    assert rows(opened(tmp_path, 'country,amount,note\nNA,1,\nnull,2,""\n')) == [("NA", "1", None), ("null", "2", None)]


def test_names_lose_blanks_and_marks(tmp_path: Path) -> None:
    assert opened(tmp_path, '\ufeff" id ", amount,\n1,2,3\n').schema.names == ["id", "amount", "c3"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sep=;\na;b\nx;2\n", [("x", "2")]),
        ("'step','who'\n1,'C,1'\n2,'C2'\n", [("1", "C,1"), ("2", "C2")]),
        ("step,who\n1,'t Hooft\n2,o'Brien\n", [("1", "'t Hooft"), ("2", "o'Brien")]),
        ('a,b,c\n1,"Foo,3\n2,"Bar,4\n', [("1", '"Foo', "3"), ("2", '"Bar', "4")]),
        ('a,b,c\n1,5" pipe,3\n', [("1", '5" pipe', "3")]),
        ('a,b\n1,"x \\"q\\", y"\n', [("1", 'x "q", y')]),
        ('"a", "b", "c"\n1, "x, z", 3\n2, "y",4\n', [("1", "x, z", "3"), ("2", "y", "4")]),
        ("a\tb\r1\tx\r2\ty\r", [("1", "x"), ("2", "y")]),
    ],
)
def test_quotes_as_they_are_found(text: str, expected: list[Row], tmp_path: Path) -> None:
    assert rows(opened(tmp_path, text)) == expected


def test_a_quote_left_open_far_below_swallows_no_row_in_silence(tmp_path: Path) -> None:
    lines = "".join(f'{number},"Shop, {number}",3\n' for number in range(50_000))
    source = opened(tmp_path, f'a,b,c\n{lines}1,"Foo,3\n2,"Bar,4\n{lines}')

    with pytest.raises(InputError, match=r"Line 50002 of export.csv: a quote is left open or is followed by text"):
        rows(source)


def test_addresses_over_several_lines_are_values(tmp_path: Path) -> None:
    lines = "".join(f'{number},"1, High Street\nLondon",3\n' for number in range(30_000))
    read = rows(opened(tmp_path, f"a,b,c\n{lines}"))

    assert len(read) == 30_000
    assert set(read) == {(str(number), "1, High Street\nLondon", "3") for number in range(30_000)}


def test_a_row_cut_off_with_the_file_is_no_footer(tmp_path: Path) -> None:
    source = opened(tmp_path, "id,date,amount\nx1,2024-01-01,5\nx2,2024-01-02,6\nx3,202")

    with pytest.raises(InputError, match=r"Line 4 of export.csv has 2 fields"):
        rows(source)


def test_a_row_that_begins_as_rows_do_is_no_footer(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Line 4 of export.csv has 2 fields.*layout.footer_lines"):
        rows(opened(tmp_path, "id,date,amount\n1,2024-01-01,5\n2,2024-01-02,6\n3,202\n"))


def test_totals_below_a_long_file_are_left_out(tmp_path: Path) -> None:
    lines = "".join(f'{number},"two\nlines",3\n' for number in range(20_000))
    source = opened(tmp_path, f"id,text,amount\n{lines}\nTotal,60000\nPage 1 of 1\n")

    assert len(rows(source)) == 20_000
    assert found(source, "footer_lines") == ["3"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_wide_text_with_totals_below(encoding: str, tmp_path: Path) -> None:
    lines = "".join(f"{number}\t€ {number}\n" for number in range(20_000))
    source = opened(tmp_path, f"id\tamount\n{lines}Total\n".encode(encoding))

    assert len(rows(source)) == 20_000
    assert rows(source)[-1] == ("19999", "€ 19999")


def test_a_byte_that_is_not_utf8_is_found_far_below(tmp_path: Path) -> None:
    lines = b"".join(b"%d,shop\n" % number for number in range(100_000))
    source = opened(tmp_path, b"id,name\n" + lines + b"1,caf\xe9\n")

    assert found(source, "encoding") == ["cp1252"]
    assert rows(source)[-1] == ("1", "café")


def test_a_byte_that_is_not_of_the_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    source = opened(tmp_path, b"id,name\n1,x\n2,caf\xe9\n", Layout(encoding="utf-8"))

    with pytest.raises(InputError, match=r"Line 3 of export.csv is not UTF-8"):
        rows(source)


def test_only_names_are_a_table_without_rows(tmp_path: Path) -> None:
    source = opened(tmp_path, "id,amount\n")

    assert source.schema.names == ["id", "amount"]
    assert rows(source) == []


def test_text_that_nothing_cuts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no comma, semicolon, tab or pipe cuts its lines"):
        opened(tmp_path, "just a letter\nto no one\n")


def test_memory_follows_the_block_and_not_the_file(tmp_path: Path) -> None:
    lines = "".join(f"{number},acc-{number % 100},{number}.50\n" for number in range(400_000))
    source = opened(tmp_path, f"id,account,amount\n{lines}")

    sizes = [batch.num_rows for batch in source.batches()]

    assert sum(sizes) == 400_000
    assert max(sizes) < 300_000


def test_quotes_escaped_by_backslashes_far_below_are_no_ends(tmp_path: Path) -> None:
    lines = "".join(f'{number},"Shop, {number}",3\n' for number in range(50_000))
    source = opened(tmp_path, f'a,b,c\n{lines}1,"The \\"Bar\\"",4\n')

    with pytest.raises(InputError, match=r"Line 50002 of export.csv: a quote is left open or is followed by text"):
        rows(source)


def test_one_wrong_byte_among_others_of_utf8_makes_no_other_encoding(tmp_path: Path) -> None:
    source = opened(tmp_path, "id,name\n1,café\n".encode() + b"2,caf\xe9\n")

    with pytest.raises(InputError, match=r"Line 3 of export.csv is not UTF-8"):
        rows(source)


def test_a_packed_file_of_any_size_is_not_unpacked_for_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vigie_intake.files.footers._MAX_UNPACKED_BYTES", 1000)
    text = "id,amount,x\n" + "a,5,6\n" * 400_000 + "Total,1\n"
    source = opened(tmp_path, gzip.compress(text.encode()))

    assert found(source, "footer_lines") == ["0"]
    with pytest.raises(InputError, match=r"Line 400002 .* say how many: layout.footer_lines"):
        rows(source)
    assert len(rows(opened(tmp_path, gzip.compress(text.encode()), Layout(footer_lines=1)))) == 400_000
