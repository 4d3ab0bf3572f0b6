import pytest

from vigie_intake.conversion import Converter
from vigie_intake.statements import statement_mapping
from vigie_runtime import InputError
from vigie_runtime.pseudonyms import Pseudonyms

from .conftest import OWN_IBAN, SHOP_IBAN, money, rows, source, tag, text


def pain(*groups: str, version: int = 3) -> bytes:
    body = "<GrpHdr><MsgId>M-1</MsgId><CreDtTm>2026-03-01T08:00:00</CreDtTm></GrpHdr>" + "".join(groups)
    namespace = f"urn:iso:std:iso:20022:tech:xsd:pain.001.001.{version:02d}"
    document = tag("Document", tag("CstmrCdtTrfInitn", body), f' xmlns="{namespace}"')
    return f'<?xml version="1.0"?>\n{document}'.encode()


def group(*payments: str, day: str, account: str = OWN_IBAN, number: str = "P-1") -> str:
    head = f"{text('PmtInfId', number)}<PmtMtd>TRF</PmtMtd><ReqdExctnDt>{day}</ReqdExctnDt>"
    debtor = f"<Dbtr><Nm>Account holder</Nm></Dbtr><DbtrAcct><Id><IBAN>{account}</IBAN></Id><Ccy>EUR</Ccy></DbtrAcct>"
    return tag("PmtInf", head + debtor + "".join(payments))


def payment(amount: str | None, end_to_end: str = "E-1", currency: str = "EUR", name: str = "Bakery") -> str:
    return tag(
        "CdtTrfTxInf",
        f"<PmtId><InstrId>I-1</InstrId>{text('EndToEndId', end_to_end)}</PmtId>"
        f"{tag('Amt', money('InstdAmt', amount, currency) or None)}<Cdtr><Nm>{name}</Nm></Cdtr>"
        f"<CdtrAcct><Id><IBAN>{SHOP_IBAN}</IBAN></Id></CdtrAcct><Purp><Cd>SUPP</Cd></Purp>"
        "<RmtInf><Ustrd>Bread</Ustrd></RmtInf>",
    )


@pytest.mark.parametrize("version", range(3, 13))
def test_ordered_payments_of_every_version(version: int) -> None:
    day = "2026-03-02" if version < 8 else "<Dt>2026-03-02</Dt>"
    content = pain(group(payment("12.30"), day=day), version=version)
    found = source(content)
    assert found is not None
    assert found.kind == "pain.001"
    (row,) = rows(content)
    assert row.pop("unique_id").startswith("E-1.")
    assert row == {
        "account": OWN_IBAN,
        "account_currency": "EUR",
        "requested_date": "2026-03-02",
        "date_time": None,
        "amount": "12.30",
        "currency": "EUR",
        "end_to_end_id": "E-1",
        "instruction_id": "I-1",
        "uetr": None,
        "purpose": "SUPP",
        "counterparty_name": "Bakery",
        "counterparty_account": SHOP_IBAN,
        "remittance": "Bread",
        "time": "2026-03-02",
        "direction": "out",
        "counterparty": SHOP_IBAN,
    }


def test_groups_stay_apart_and_names_are_unique_where_references_repeat() -> None:
    content = pain(
        group(payment("1.00"), payment("1.00"), day="2026-03-02"),
        group(payment("1.00", currency="USD"), day="<DtTm>2026-03-03T10:11:12Z</DtTm>", account=SHOP_IBAN),
        version=9,
    )
    found = rows(content)
    assert [(row["account"], row["currency"], row["time"]) for row in found] == [
        (OWN_IBAN, "EUR", "2026-03-02"),
        (OWN_IBAN, "EUR", "2026-03-02"),
        (SHOP_IBAN, "USD", "2026-03-03T10:11:12Z"),
    ]
    assert found[2]["requested_date"] == "2026-03-03"
    assert len({row["unique_id"] for row in found}) == 3


def test_an_equivalent_amount_is_in_the_money_of_the_account() -> None:
    equivalent = "<Amt><EqvtAmt><Amt Ccy='EUR'>10.00</Amt><CcyOfTrf>USD</CcyOfTrf></EqvtAmt></Amt>"
    content = pain(group(payment(None).replace("<PmtId>", f"{equivalent}<PmtId>"), day="2026-03-02"))
    (row,) = rows(content)
    assert (row["amount"], row["currency"]) == ("10.00", "EUR")


@pytest.mark.parametrize("amount", ["-1.00", "1,00", None])
def test_an_ordered_amount_that_is_none_says_where(amount: str | None) -> None:
    with pytest.raises(InputError, match=r"orders\.xml, line 2: this payment has"):
        rows(pain(group(payment(amount), day="2026-03-02")), "orders.xml")


def pacs(*payments: str, version: int = 8) -> bytes:
    body = "<GrpHdr><MsgId>M-1</MsgId><CreDtTm>2026-03-02T08:00:00Z</CreDtTm></GrpHdr>" + "".join(payments)
    namespace = f"urn:iso:std:iso:20022:tech:xsd:pacs.008.001.{version:02d}"
    document = tag("Document", tag("FIToFICstmrCdtTrf", body), f' xmlns="{namespace}"')
    return f'<?xml version="1.0"?>\n{document}'.encode()


def transfer(amount: str = "12.30", accepted: str | None = None, tx_id: str | None = "T-1") -> str:
    uetr = "eb6305c9-1f7f-49de-aed0-16487c27b42d"
    return tag(
        "CdtTrfTxInf",
        f"<PmtId><EndToEndId>NOTPROVIDED</EndToEndId>{text('TxId', tx_id)}<UETR>{uetr}</UETR></PmtId>"
        f"{money('IntrBkSttlmAmt', amount, 'EUR')}{text('IntrBkSttlmDt', '2026-03-02')}{text('AccptncDtTm', accepted)}"
        f"{money('InstdAmt', '99.00', 'USD')}<Dbtr><Nm>Account holder</Nm></Dbtr>"
        f"<DbtrAcct><Id><IBAN>{OWN_IBAN}</IBAN></Id></DbtrAcct><Cdtr><Nm>Bakery</Nm></Cdtr>"
        "<CdtrAcct><Id><Othr><Id>12345678</Id></Othr></Id></CdtrAcct>",
    )


@pytest.mark.parametrize("version", [2, 6, 8, 10, 12])
def test_settled_payments_have_their_settlement_amount_and_best_time(version: int) -> None:
    content = pacs(transfer(accepted="2026-03-02T07:59:58.5Z"), transfer("1.00", tx_id=None), version=version)
    found = source(content)
    assert found is not None
    assert found.kind == "pacs.008"
    first, second = rows(content)
    assert (first["amount"], first["currency"], first["account"]) == ("12.30", "EUR", OWN_IBAN)
    assert (first["counterparty"], first["counterparty_name"]) == ("12345678", "Bakery")
    assert (first["time"], first["settlement_date"]) == ("2026-03-02T07:59:58.5Z", "2026-03-02")
    assert second["time"] == "2026-03-02T08:00:00Z"
    assert (first["transaction_id"], second["transaction_id"]) == ("T-1", "eb6305c9-1f7f-49de-aed0-16487c27b42d")
    assert first["end_to_end_id"] is None
    assert len({first["unique_id"], second["unique_id"]}) == 2
    assert first["uetr"] == second["uetr"]


def test_a_message_in_its_business_envelope_is_read() -> None:
    document = pacs(transfer()).partition(b"\n")[2]
    header = '<AppHdr xmlns="urn:iso:std:iso:20022:tech:xsd:head.001.001.02"><BizMsgIdr>B-1</BizMsgIdr></AppHdr>'
    content = b'<?xml version="1.0"?><Envelope xmlns="urn:x">' + header.encode() + document + b"</Envelope>"
    assert [row["amount"] for row in rows(content)] == ["12.30"]


@pytest.mark.parametrize("content", [pain(group(payment("12.30"), day="2026-03-02")), pacs(transfer())])
def test_payments_need_no_mapping_of_the_user(content: bytes) -> None:
    found = source(content)
    assert found is not None
    converter = Converter(
        statement_mapping(found.kind), found.schema, pseudonyms=lambda: Pseudonyms("k3y-" * 9 + "unlike")
    )
    (batch,) = found.batches(converter.columns)
    result = converter.convert(batch, 0)
    assert result.left_out.num_rows == 0
    (row,) = result.rows.to_pylist()
    assert (row["amount"], row["currency"]) == (12.3, "EUR")
    assert OWN_IBAN not in str(row)
