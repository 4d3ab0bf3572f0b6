import io
import logging

import pytest

from vigie_intake.statements import statement_source
from vigie_runtime import InputError

from .conftest import OWN_IBAN, Detail, Entry, Mt940, camt, mt940, rows, source, statement

CONTENT = camt(statement(Entry(), Entry("7.00")))


def refusal(content: bytes, name: str = "march.xml") -> str:
    with pytest.raises(InputError) as refused:
        rows(content, name)
    text = str(refused.value)
    assert name in text
    assert OWN_IBAN not in text
    return text


@pytest.mark.parametrize(
    "content",
    [b"", b"a;b\n1;2\n", b'{"a": 1}\n', b"PAR1" + bytes(90), b"<TICKER>,<DATE>\nA,1\n", b"<html><body/></html>"],
)
def test_what_is_no_statement_is_left_to_other_readers(content: bytes) -> None:
    assert source(content) is None


def test_a_file_that_is_cut_off_says_where() -> None:
    assert "line 4: the XML ends too early" in refusal(CONTENT[: CONTENT.index(b"7.00")])


@pytest.mark.parametrize("at", range(len(CONTENT) - len(b"</Document>"), len(CONTENT) - 1, 3))
def test_no_part_of_a_file_passes_for_the_whole(at: int) -> None:
    assert "cut off" in refusal(CONTENT[:at])


def test_rows_before_the_place_where_it_is_cut_off_are_not_the_end_of_it() -> None:
    found = source(CONTENT[:-5])
    assert found is not None
    with pytest.raises(InputError, match="cut off"):
        list(found.batches())


def test_xml_that_is_not_well_formed_says_where() -> None:
    assert "line 3: this is not well-formed XML" in refusal(CONTENT.replace(b"</ValDt>", b"</ValDat>"))


def test_another_message_is_named() -> None:
    other = CONTENT.replace(b"camt.053.001.02", b"camt.086.001.02").replace(b"BkToCstmrStmt", b"BkSvcsBllgStmt")
    text = refusal(other)
    assert "line 2" in text
    assert "camt.086, element BkSvcsBllgStmt" in text
    assert "camt.053" in text


def test_other_xml_is_named() -> None:
    text = refusal(b'<?xml version="1.0"?>\n<orders xmlns="urn:x"><order/></orders>', "orders.xml")
    assert "element orders" in text


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE Document [<!ENTITY harmless "word">]>',
        "\n<!-- one --><!DOCTYPE Document>",
        '<!DOCTYPE Document SYSTEM "file.dtd">',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_whatever_it_holds(declaration: str, encoding: str) -> None:
    content = camt(statement(Entry()), prefix=declaration).decode().replace("UTF-8", encoding).encode(encoding)
    text = refusal(content)
    assert "declares a document type" in text
    assert text.count(". ") == 1


def test_a_document_type_behind_a_long_comment_is_refused_by_the_parser() -> None:
    comment = f"<!--{'x' * 70_000}-->"
    content = camt(statement(Entry()), prefix=f'{comment}<!DOCTYPE Document [<!ENTITY a "word">]>')
    assert "declares a document type" in refusal(content)


def test_an_entity_without_declaration_is_an_error() -> None:
    assert "march.xml" in refusal(CONTENT.replace(b"7.00", b"&seven;"))


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1"])
def test_other_encodings_are_read(encoding: str) -> None:
    content = camt(statement(Entry(info="Bäckerei"))).decode().replace("UTF-8", encoding).encode(encoding)
    assert rows(content)[0]["remittance"] == "Bäckerei"


@pytest.mark.parametrize("amount", ["-7.00", "7,00", "1.234.50", "1e3", "NaN", "٣", "", None])
def test_an_amount_that_is_none_says_where(amount: str | None) -> None:
    assert "line 4: this entry has" in refusal(camt(statement(Entry(), Entry(amount=amount))))


@pytest.mark.parametrize("indicator", [None, "D", "debit"])
def test_a_direction_that_is_none_says_where(indicator: str | None) -> None:
    assert "line 4: CdtDbtInd of this entry is" in refusal(camt(statement(Entry(), Entry(credit_debit=indicator))))


def test_a_batch_of_which_some_have_amounts_is_refused() -> None:
    entry = Entry("30.00", details=[Detail("10.00"), Detail()])
    assert "line 3: of 2 payments in this entry only 1 have an amount" in refusal(camt(statement(entry)))


def test_statements_that_contradict_each_other_about_reversals_are_refused() -> None:
    entries = Entry("10.00"), Entry("10.00", reversal="true")
    as_iso = statement(*entries, opening="100.00", closing="80.00", number="1")
    inverted = statement(*entries, opening="100.00", closing="100.00", number="2")
    with pytest.raises(InputError, match="reversed entries"):
        rows(camt(as_iso, inverted))


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match="no column fee"):
        rows(CONTENT, columns=["fee"])


def test_a_file_that_cannot_be_opened_is_named() -> None:
    def missing() -> io.BytesIO:
        raise FileNotFoundError

    with pytest.raises(InputError, match=r"There is no file gone\.xml"):
        statement_source(missing, "gone.xml")


def test_identity_follows_from_the_content_alone() -> None:
    one, two, other = source(CONTENT, "a.xml"), source(CONTENT, "b.xml"), source(CONTENT.replace(b"7.00", b"8.00"))
    assert one is not None
    assert two is not None
    assert other is not None
    assert one.identity() == two.identity() != other.identity()
    assert len(one.identity()) == 16


@pytest.mark.parametrize(
    "line",
    [
        ":61:2603020302D12.30NTRFNONREF",
        ":61:2603020302D12NTRFNONREF",
        ":61:2603020302D1234567890123456,30NTRFNONREF",
        ":61:2603020302X12,30NTRFNONREF",
        ":61:2613420302D12,30NTRFNONREF",
        ":61:DE89370400440532013000",
    ],
)
def test_a_swift_entry_that_is_wrong_says_where_and_is_not_logged(line: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        text = refusal(mt940(Mt940(lines=[line])), "march.sta")
    assert "line 5: this :61:" in text
    assert line[4:] not in text
    assert caplog.text == ""


def test_a_swift_statement_without_its_end_is_cut_off() -> None:
    whole = mt940(Mt940(lines=[":61:2603020302D12,30NTRFNONREF"]))
    assert "begins in line 1 has no closing balance" in refusal(whole[: whole.index(b":62F:")], "march.sta")


def test_two_accounts_in_one_swift_statement_are_refused() -> None:
    lines = [":61:2603020302D12,30NTRFNONREF", ":25:37040044/0000000001", ":61:2603020302D12,30NTRFNONREF"]
    assert "line 6: a second account" in refusal(mt940(Mt940(lines=lines)), "march.sta")


def test_another_swift_message_is_named() -> None:
    message = b"{1:F01BANKDEFFAXXX0000000000}{2:I103BANKGB2LXXXXN}{4:\r\n:20:REF\r\n:32A:260302EUR1,00\r\n-}"
    assert "SWIFT message MT103" in refusal(message, "payment.fin")
