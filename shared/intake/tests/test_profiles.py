# ruff: noqa: E501 - header lines stand as the files have them
"""Each profile on a small invented file with the real header, through the real reader and the real converter."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from vigie_intake.conversion import Converter
from vigie_intake.inspection import Inspection, inspect
from vigie_intake.mapping import Mapping
from vigie_intake.profile_catalogue import Profile, mapping_of, profiles, recognise
from vigie_intake.reading import open_source
from vigie_runtime.pseudonyms import PSEUDONYM_PREFIX, Pseudonyms

KEY = "q0VhYkC3sQm1n8yR5tWz7uXb2pLd4eFg"
IBAN = "DE89370400440532013000"
OTHER_IBAN = "DE02120300000000202051"
CARD = "4111111111111111"


@dataclass(frozen=True)
class Case:
    """A file, the profile that it has to be taken for, and what has to come of its first accepted row."""

    name: str
    profile: str
    text: str
    accepted: int
    left_out: dict[str, int]
    time: str
    amount: float
    currency: str
    account: str  # or how it begins
    merchant: str | None = None  # or how it begins


HANDBOOK = """TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_TIME_SECONDS,TX_TIME_DAYS,TX_FRAUD,TX_FRAUD_SCENARIO
0,2018-04-01 00:00:31,596,3156,57.16,31,0,0,0
1,2018-04-01 00:02:10,4961,3412,281.51,130,0,1,1
"""
KAGGLE = """,trans_date_trans_time,cc_num,merchant,category,amt,first,last,gender,street,city,state,zip,lat,long,city_pop,job,dob,trans_num,unix_time,merch_lat,merch_long,is_fraud
0,2019-01-01 00:00:18,2703186189652095,"fraud_Rippin, Kub and Mann",misc_net,4.97,Anna,Muster,F,1 Main St,Moravian Falls,NC,28654,36.0788,-81.1781,3495,"Psychologist, counselling",1988-03-09,0b242abb623afc578575680df30655b9,1325376018,36.011293,-82.048315,0
1,2019-01-01 00:00:44,630423337322,"fraud_Heller",grocery_pos,107.23,Bert,Beispiel,F,2 Main St,Orient,WA,99160,48.8878,-118.2105,149,Teacher,1978-06-21,1f76529f8574734946361c461b024d99,1325376044,49.159047,-118.186462,1
"""
RESAVED = """,trans_date_trans_time,cc_num,merchant,category,amt,trans_num,merch_lat,merch_long,is_fraud
0,21/06/2020 12:14,2703186189652095,fraud_A,misc_net,2.86,2da90c7d,33.986391,-81.200714,0
1,05/07/2020 3:15,2703186189652095,fraud_B,misc_net,29.84,324cc204,39.450498,-109.960431,0
"""
GENERATOR = """ssn|cc_num|first|last|gender|street|city|state|zip|lat|long|city_pop|job|dob|acct_num|profile|trans_num|trans_date|trans_time|unix_time|category|amt|is_fraud|merchant|merch_lat|merch_long
000-00-0000|3573869538621003|Anna|Muster|F|1 Main|Orient|WA|99160|48.8|-118.2|149|Teacher|1978-06-21|111|adults|0b24|2019-01-01|10:30:45|1325376018|grocery_pos|107.23|0|fraud_Heller|49.15|-118.18
000-00-0000|3573869538621003|Anna|Muster|F|1 Main|Orient|WA|99160|48.8|-118.2|149|Teacher|1978-06-21|111|adults|0b25|2019-01-02|00:00:00|1325376044|grocery_pos|8.5|1|fraud_Heller|49.15|-118.18
"""
PAYSIM = """step,type,amount,nameOrig,oldbalanceOrg,newbalanceOrig,nameDest,oldbalanceDest,newbalanceDest,isFraud,isFlaggedFraud
1,PAYMENT,9839.64,C1231006815,170136.0,160296.36,M1979787155,0.0,0.0,0,0
25,TRANSFER,181.0,C1305486145,181.0,0.0,C553264065,0.0,0.0,1,0
26,CASH_IN,500.0,C1305486146,181.0,681.0,C553264065,0.0,0.0,0,0
"""
PAYSIM_LOG = """step,action,amount,nameOrig,oldBalanceOrig,newBalanceOrig,nameDest,oldBalanceDest,newBalanceDest,isFraud,isFlaggedFraud,isUnauthorizedOverdraft
1,CASH_OUT,12.5,C1,20.0,7.5,C2,0.0,12.5,0,0,0
2,DEPOSIT,12.5,C1,20.0,7.5,C2,0.0,12.5,0,0,0
"""
TABFORMER = """User,Card,Year,Month,Day,Time,Amount,Use Chip,Merchant Name,Merchant City,Merchant State,Zip,MCC,Errors?,Is Fraud?
0,0,2002,9,1,06:21,$134.09,Swipe Transaction,3527213246127876953,La Verne,CA,91750.0,5300,,No
0,1,2002,9,1,06:42,$38.48,Swipe Transaction,-727612092139916043,Monterey Park,CA,91754.0,5411,,Yes
0,1,2002,9,2,06:22,$-99.00,Swipe Transaction,-727612092139916043,Monterey Park,CA,91754.0,5411,,No
"""
BANKSIM = """step,customer,age,gender,zipcodeOri,merchant,zipMerchant,category,amount,fraud
0,'C1093826151','4','M','28007','M348934600','28007','es_transportation',4.55,0
7,'C352968107','2','M','28007','M348934600','28007','es_transportation',39.68,1
"""
IEEE = """TransactionID,isFraud,TransactionDT,TransactionAmt,ProductCD,card1,card2,card3,card4,card5,card6,addr1,D1,V1
2987000,0,86400,68.5,W,13926,,150.0,discover,142.0,credit,315.0,14.0,1.0
2987001,0,86401,29.0,W,2755,404.0,150.0,mastercard,102.0,credit,325.0,0.0,
2987002,1,86469,59.0,W,4663,490.0,150.0,visa,166.0,debit,330.0,0.0,1.0
"""
REVOLUT = """Type,Product,Started Date,Completed Date,Description,Amount,Fee,Currency,State,Balance
CARD_PAYMENT,Current,2026-06-06 19:42:42,2026-06-07 14:54:46,Corner Shop,-3.46,0.00,EUR,COMPLETED,20.03
TOPUP,Current,2026-06-06 20:00:01,2026-06-06 20:00:02,Top-Up by *1234,50.00,0.00,EUR,COMPLETED,70.03
CARD_PAYMENT,Current,2026-06-07 10:00:01,,Cafe,-4.00,0.00,EUR,PENDING,
"""
REVOLUT_FR = """Type,Produit,Date de début,Date de fin,Description,Montant,Frais,Devise,État,Solde
Paiement par carte,Valeur actuelle,2026-06-06 19:42:42,2026-06-07 14:54:46,Boulangerie,-3.46,0.00,EUR,TERMINÉ,20.03
Paiement par carte,Valeur actuelle,2026-06-07 10:00:01,,Café,-4.00,0.00,EUR,EN ATTENTE,
"""
REVOLUT_DE = """Art,Produkt,Datum des Beginns,Datum des Abschlusses,Beschreibung,Betrag,Gebühr,Währung,Status,Kontostand
Kartenbezahlung,Giro,2026-07-01 03:27:38,2026-07-01 03:27:38,Musterladen,-4.00,0.00,CHF,ABGESCHLOSSEN,96.00
"""
REVOLUT_ES = """Tipo,Producto,Fecha de inicio,Fecha de finalización,Descripción,Importe,Comisión,Divisa,State,Saldo
Pago con tarjeta,Actual,2026-03-02 13:10:00,2026-03-03 08:00:00,Tienda,-45.30,0.00,EUR,COMPLETADO,554.70
"""
REVOLUT_IT = """Tipo,Prodotto,Data di inizio,Data di completamento,Descrizione,Importo,Costo,Valuta,State,Saldo
Pagamento con carta,Attuale,2026-07-15 9:12:00,2026-07-15 9:12:00,Negozio,-42.3,0,EUR,COMPLETATO,1200
"""
WISE = """"TransferWise ID",Date,"Date Time",Amount,Currency,Description,"Payment Reference","Running Balance","Exchange From","Exchange To","Exchange Rate","Payer Name","Payee Name","Payee Account Number",Merchant,"Card Last Four Digits","Card Holder Full Name",Attachment,Note,"Total fees","Exchange To Amount","Transaction Type","Transaction Details Type"
CARD-1,01-03-2025,01-03-2025 18:00:02.198,-61.13,EUR,Card transaction,,100.00,EUR,,,,,,Bookshop,1234,Erika Mustermann,,,0.00,,DEBIT,CARD
TRANSFER-2,02-03-2025,02-03-2025 08:54:15.466,200.00,EUR,Received money,,300.00,EUR,,,Max Beispiel,,,,,,,,0.00,,CREDIT,DEPOSIT
"""
WISE_SHORT = """TransferWise ID,Date,Amount,Currency,Description,Payment Reference,Running Balance
T1,15-07-2024,-15.00,GBP,Transfer,,100.00
"""
WISE_HISTORY = """ID,Status,Direction,Created on,Finished on,Source fee amount,Source fee currency,Target fee amount,Target fee currency,Source name,Source amount (after fees),Source currency,Target name,Target amount (after fees),Target currency,Exchange rate,Reference,Batch,Created by,Category,Note
TRANSFER-1,COMPLETED,OUT,2026-08-03 14:20:05,2026-08-03 14:23:11,0.45,EUR,,,Erika Mustermann,120.00,EUR,Landlord GmbH,120.00,EUR,1,rent,,Erika Mustermann,Housing,
TRANSFER-2,COMPLETED,IN,2026-07-31 09:00:00,2026-07-31 09:01:30,,,5.00,GBP,Acme Ltd,2505.00,GBP,Erika Mustermann,2500.00,GBP,1,Invoice,,,,
BALANCE-3,COMPLETED,NEUTRAL,2026-08-01 10:00:00,2026-08-01 10:00:02,1.20,EUR,,,Erika Mustermann,498.80,EUR,Erika Mustermann,430.00,GBP,0.862,,,Erika Mustermann,,
TRANSFER-4,CANCELLED,OUT,2026-08-03 14:20:05,,0.45,EUR,,,Erika Mustermann,20.00,EUR,Shop,20.00,EUR,1,,,Erika Mustermann,,
"""
N26 = """"Booking Date","Value Date","Partner Name","Partner Iban",Type,"Payment Reference","Account Name","Amount (EUR)","Original Amount","Original Currency","Exchange Rate"
2026-04-17,2026-04-17,"Max Beispiel",DE02120300000000202051,"Credit Transfer",Rent,"Main Account",800.0,,,
2026-04-21,2026-04-21,"CORNER SHOP",,Presentment,Groceries,"Main Account",-23.45,23.45,EUR,1
"""
N26_DE = """"Datum","Empfänger","Kontonummer","Transaktionstyp","Verwendungszweck","Kategorie","Betrag (EUR)","Betrag (Fremdwährung)","Fremdwährung","Wechselkurs"
"2024-01-31","Stadtwerke Musterstadt","DE02120300000000202051","Lastschrift","Abschlag Januar","Haushalt","-60.0","","",""
"""
N26_FR = """"Date","Bénéficiaire","Numéro de compte","Type de transaction","Référence de paiement","Montant (EUR)","Montant (Devise étrangère)","Sélectionnez la devise étrangère","Taux de conversion"
"2024-01-01","LIBRAIRIE","","Paiement par MasterCard","-","-8.15","-9.0","USD","0.9055555556"
"""
N26_ES = """"Fecha","Beneficiario","Número de cuenta","Tipo de transacción","Referencia de pago","Categoría","Importe (EUR)"
"15/03/2026","Café","","Pago con tarjeta","Desayuno","Comida","-3,40"
"16/03/2026","Café","","Pago con tarjeta","Desayuno","Comida","-1.003,40"
"""
CSV_CAMT = f""""Auftragskonto";"Buchungstag";"Valutadatum";"Buchungstext";"Verwendungszweck";"Glaeubiger ID";"Mandatsreferenz";"Kundenreferenz (End-to-End)";"Sammlerreferenz";"Lastschrift Ursprungsbetrag";"Auslagenersatz Ruecklastschrift";"Beguenstigter/Zahlungspflichtiger";"Kontonummer/IBAN";"BIC (SWIFT-Code)";"Betrag";"Waehrung";"Info"
"{IBAN}";"05.01.26";"05.01.26";"FOLGELASTSCHRIFT";"Strom";"";"";"";"";"";"";"Stadtwerke Musterstadt";"{OTHER_IBAN}";"BYLADEM1001";"-1.089,99";"EUR";"Umsatz gebucht"
"{IBAN}";"04.01.26";"04.01.26";"GUTSCHR. UEBERWEISUNG";"Lohn";"";"";"";"";"";"";"Firma AG";"{OTHER_IBAN}";"BYLADEM1001";"3.100,00";"EUR";"Umsatz gebucht"
"{IBAN}";"03.01.26";"03.01.26";"KARTENZAHLUNG";"Einkauf";"";"";"";"";"";"";"Erika Mustermann";"";"";"-12,50";"EUR";"Umsatz vorgemerkt"
"""
VOLKSBANK = f"""Bezeichnung Auftragskonto;IBAN Auftragskonto;BIC Auftragskonto;Bankname Auftragskonto;Buchungstag;Valutadatum;Name Zahlungsbeteiligter;IBAN Zahlungsbeteiligter;BIC (SWIFT-Code) Zahlungsbeteiligter;Buchungstext;Verwendungszweck;Betrag;Waehrung;Saldo nach Buchung;Bemerkung;Kategorie;Steuerrelevant;Glaeubiger ID;Mandatsreferenz
Konto;{IBAN};BYLADEM1001;Testbank;05.03.2026;05.03.2026;Stadtwerke;{OTHER_IBAN};;Lastschrift;Abschlag;-45,20;EUR;4.954,80;;;;;
"""
OWN = """ts,account_id,amount,merchant_id,currency,label
2025-01-31T12:00:00Z,a-1,12.50,m-1,EUR,0
2025-01-31T12:00:01Z,a-1,900,m-2,USD,1
"""
TOPIC = """timestamp_ms,account_id,amount,currency
1738324800000,a-1,12.50,EUR
"""

CASES = [
    Case("handbook", "handbook", HANDBOOK, 2, {}, "2018-04-01T00:00:31Z", 57.16, "EUR", "596", "3156"),
    Case("Kaggle", "sparkov", KAGGLE, 2, {}, "2019-01-01T00:00:18Z", 4.97, "USD", PSEUDONYM_PREFIX, "fraud_Rippin"),
    Case("re-saved", "sparkov", RESAVED, 2, {}, "2020-06-21T12:14:00Z", 2.86, "USD", PSEUDONYM_PREFIX, "fraud_A"),
    Case(
        "generator",
        "sparkov",
        GENERATOR,
        2,
        {},
        "2019-01-01T10:30:45Z",
        107.23,
        "USD",
        PSEUDONYM_PREFIX,
        "fraud_Heller",
    ),
    Case(
        "PaySim",
        "paysim",
        PAYSIM,
        2,
        {"money_in": 1},
        "2024-01-01T00:00:00Z",
        9839.64,
        "EUR",
        "C1231006815",
        "M1979787155",
    ),
    Case("PaySim log", "paysim", PAYSIM_LOG, 1, {"money_in": 1}, "2024-01-01T00:00:00Z", 12.5, "EUR", "C1", "C2"),
    Case(
        "TabFormer",
        "tabformer",
        TABFORMER,
        2,
        {"money_in": 1},
        "2002-09-01T06:21:00Z",
        134.09,
        "USD",
        "0-0",
        PSEUDONYM_PREFIX,
    ),
    Case("BankSim", "banksim", BANKSIM, 2, {}, "2024-01-01T00:00:00Z", 4.55, "EUR", "C1093826151", "M348934600"),
    Case("IEEE-CIS", "ieee-cis", IEEE, 2, {"invalid_account_id": 1}, "2017-12-02T00:00:01Z", 29.0, "USD", "2755-404"),
    Case(
        "Revolut",
        "revolut",
        REVOLUT,
        1,
        {"money_in": 1, "dropped": 1},
        "2026-06-06T19:42:42Z",
        3.46,
        "EUR",
        "Current-EUR",
        PSEUDONYM_PREFIX,
    ),
    Case(
        "Revolut fr",
        "revolut",
        REVOLUT_FR,
        1,
        {"dropped": 1},
        "2026-06-06T19:42:42Z",
        3.46,
        "EUR",
        PSEUDONYM_PREFIX,
        PSEUDONYM_PREFIX,
    ),
    Case("Revolut de", "revolut", REVOLUT_DE, 1, {}, "2026-07-01T03:27:38Z", 4.0, "CHF", "Giro-CHF", PSEUDONYM_PREFIX),
    Case(
        "Revolut es", "revolut", REVOLUT_ES, 1, {}, "2026-03-02T13:10:00Z", 45.3, "EUR", "Actual-EUR", PSEUDONYM_PREFIX
    ),
    Case(
        "Revolut it", "revolut", REVOLUT_IT, 1, {}, "2026-07-15T09:12:00Z", 42.3, "EUR", "Attuale-EUR", PSEUDONYM_PREFIX
    ),
    Case("Wise", "wise", WISE, 1, {"money_in": 1}, "2025-03-01T18:00:02Z", 61.13, "EUR", "EUR", PSEUDONYM_PREFIX),
    Case("Wise short", "wise", WISE_SHORT, 1, {}, "2024-07-15T00:00:00Z", 15.0, "GBP", "GBP"),
    Case(
        "Wise history",
        "wise-history",
        WISE_HISTORY,
        1,
        {"money_in": 1, "dropped": 2},
        "2026-08-03T14:20:05Z",
        120.0,
        "EUR",
        "EUR",
        PSEUDONYM_PREFIX,
    ),
    Case(
        "N26", "n26", N26, 1, {"money_in": 1}, "2026-04-21T00:00:00Z", 23.45, "EUR", PSEUDONYM_PREFIX, PSEUDONYM_PREFIX
    ),
    Case("N26 de", "n26-older", N26_DE, 1, {}, "2024-01-31T00:00:00Z", 60.0, "EUR", "n26", PSEUDONYM_PREFIX),
    Case("N26 fr", "n26-older", N26_FR, 1, {}, "2024-01-01T00:00:00Z", 8.15, "EUR", "n26", PSEUDONYM_PREFIX),
    Case("N26 es", "n26-older", N26_ES, 2, {}, "2026-03-15T00:00:00Z", 3.4, "EUR", "n26", PSEUDONYM_PREFIX),
    Case(
        "CSV-CAMT",
        "csv-camt",
        CSV_CAMT,
        1,
        {"money_in": 1, "dropped": 1},
        "2026-01-05T00:00:00Z",
        1089.99,
        "EUR",
        PSEUDONYM_PREFIX,
        PSEUDONYM_PREFIX,
    ),
    Case(
        "Volksbank",
        "csv-volksbank",
        VOLKSBANK,
        1,
        {},
        "2026-03-05T00:00:00Z",
        45.2,
        "EUR",
        PSEUDONYM_PREFIX,
        PSEUDONYM_PREFIX,
    ),
    Case("our own", "vigie", OWN, 2, {}, "2025-01-31T12:00:00Z", 12.5, "EUR", "a-1", "m-1"),
    Case("topic", "vigie", TOPIC, 1, {}, "2025-01-31T12:00:00Z", 12.5, "EUR", "a-1"),
]


def inspected(tmp_path: Path, text: str, encoding: str = "utf-8") -> Inspection:
    file = tmp_path / "file.csv"
    file.write_text(text, encoding=encoding)
    return inspect(file)


def rows_of(tmp_path: Path, mapping: Mapping) -> list[dict[str, object]]:
    source = open_source(tmp_path / "file.csv", mapping.layout)
    converter = Converter(mapping, source.schema, pseudonyms=lambda: Pseudonyms(KEY))
    batches = [converter.convert(batch, 0).rows for batch in source.batches(converter.columns)]
    return pa.Table.from_batches(batches).to_pylist()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_file_of_each_profile_becomes_transactions(case: Case, tmp_path: Path) -> None:
    inspection = inspected(tmp_path, case.text)

    assert inspection.mapping is not None
    assert inspection.mapping.profile == case.profile
    assert inspection.trial is not None
    assert inspection.trial.accepted == case.accepted
    counts: dict[str, int] = {}
    for group in inspection.trial.left_out:
        counts[group.reason.value] = counts.get(group.reason.value, 0) + group.rows
    assert counts == case.left_out
    first = rows_of(tmp_path, inspection.mapping)[0]
    expected = datetime.fromisoformat(case.time).astimezone(UTC).timestamp()
    assert first["timestamp_ms"] // 1000 == expected  # type: ignore[operator]
    assert (first["amount"], first["currency"]) == (pytest.approx(case.amount), case.currency)
    assert str(first["account_id"]).startswith(case.account)
    assert (
        first["merchant_id"] is None if case.merchant is None else str(first["merchant_id"]).startswith(case.merchant)
    )


@pytest.mark.parametrize("profile", profiles(), ids=lambda profile: profile.name)
def test_every_profile_is_tried_by_a_case_or_refused(profile: Profile) -> None:
    assert profile.refused or profile.name in {case.profile for case in CASES}


@pytest.mark.parametrize("profile", profiles(), ids=lambda profile: profile.name)
def test_each_header_of_a_profile_gives_a_whole_mapping(profile: Profile) -> None:
    for headers in profile.variants:
        names = dict(headers.columns)
        match = recognise([names.get(name, name) for name in (*profile.needs, *headers.also)])
        assert match is not None
        assert match.profile.name == profile.name
        assert profile.refused or mapping_of(match.draft) is not None


def test_the_label_and_the_scenario_are_read(tmp_path: Path) -> None:
    inspection = inspected(tmp_path, HANDBOOK)
    assert inspection.mapping is not None
    rows = rows_of(tmp_path, inspection.mapping)
    assert [(row["label"], row["scenario"]) for row in rows] == [(0, None), (1, "amount_over_220")]


def test_places_and_ids_of_sparkov_are_those_of_the_merchant(tmp_path: Path) -> None:
    inspection = inspected(tmp_path, KAGGLE)
    assert inspection.mapping is not None
    first = rows_of(tmp_path, inspection.mapping)[0]
    assert (first["lat"], first["lon"]) == (36.011293, -82.048315)
    assert first["transaction_id"] == "0b242abb623afc578575680df30655b9"


def test_tabformer_tells_whether_the_card_was_there(tmp_path: Path) -> None:
    text = TABFORMER.replace("06:42,$38.48,Swipe", "06:42,$38.48,Online")
    mapping = inspected(tmp_path, text).mapping
    assert mapping is not None
    rows = rows_of(tmp_path, mapping)
    assert [(row["channel"], row["card_present"]) for row in rows] == [("card", True), ("online", False)]


def test_steps_of_paysim_are_hours_and_switch_the_time_of_day_off(tmp_path: Path) -> None:
    mapping = inspected(tmp_path, PAYSIM).mapping
    assert mapping is not None
    assert (mapping.timestamp.step_seconds, mapping.timestamp.precision) == (3600, "hour")
    rows = rows_of(tmp_path, mapping)
    assert rows[1]["timestamp_ms"] - rows[0]["timestamp_ms"] == 86_400_000  # type: ignore[operator]


def test_banksim_loses_its_apostrophes_in_parquet_too(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    table = pa.table(
        {
            "step": [0, 1],
            "customer": ["'C1093826151'", "'C352968107'"],
            "merchant": ["'M348934600'", "'M348934600'"],
            "category": ["'es_food'", "'es_food'"],
            "amount": [4.55, 39.68],
            "fraud": [0, 1],
        }
    )
    pq.write_table(table, tmp_path / "file.csv")
    mapping = inspect(tmp_path / "file.csv").mapping
    assert mapping is not None
    first = rows_of(tmp_path, mapping)[0]
    assert (first["account_id"], first["merchant_id"], first["category"]) == ("C1093826151", "M348934600", "es_food")


def test_a_set_without_accounts_is_refused_with_the_reason(tmp_path: Path) -> None:
    names = ["Time", *(f"V{number}" for number in range(1, 29)), "Amount", "Class"]
    text = ",".join(names) + "\n" + "\n".join(",".join(["0", *["0.5"] * 28, "10.5", "0"]) for _ in range(3)) + "\n"
    inspection = inspected(tmp_path, text)
    assert inspection.mapping is None
    assert inspection.proposal is not None
    assert inspection.proposal.questions == ()
    assert "no accounts" in inspection.proposal.problems[0]


def test_card_numbers_that_a_spreadsheet_rounded_are_said_and_refused(tmp_path: Path) -> None:
    text = RESAVED.replace("2703186189652095", "2.70319E+15")
    inspection = inspected(tmp_path, text)
    assert inspection.proposal is not None
    assert any("rounded" in note for note in inspection.proposal.notes)
    assert inspection.trial is not None
    assert inspection.trial.accepted == 0
    assert inspection.trial.left_out[0].reason == "invalid_account_id"


def test_case_and_spaces_of_headers_do_not_matter() -> None:
    match = recognise([" tx_datetime", "customer_id", "Terminal_Id", "TX_AMOUNT"])
    assert match is not None
    assert match.profile.name == "handbook"
    assert match.draft["timestamp"]["column"] == " tx_datetime"
    assert set(match.absent) == {"transaction_id", "label", "scenario"}


def test_a_camt_statement_has_the_mapping_of_statements(tmp_path: Path) -> None:
    entry = (
        '<Ntry><Amt Ccy="EUR">49.99</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts>'
        "<BookgDt><Dt>2026-09-04</Dt></BookgDt>"
        "<BkTxCd><Prtry><Cd>X</Cd></Prtry></BkTxCd></Ntry>"
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02">'
        f"<BkToCstmrStmt><GrpHdr><MsgId>1</MsgId></GrpHdr><Stmt><Id>1</Id><Acct><Id><IBAN>{IBAN}</IBAN></Id></Acct>"
        f"{entry}{entry.replace('DBIT', 'CRDT')}</Stmt></BkToCstmrStmt></Document>"
    )
    (tmp_path / "file.xml").write_text(text, encoding="utf-8")
    inspection = inspect(tmp_path / "file.xml")
    assert inspection.kind == "camt.053"
    assert inspection.mapping is not None
    assert inspection.mapping.profile == "camt.053"
    assert inspection.trial is not None
    assert inspection.trial.accepted == 1
    assert [group.reason for group in inspection.trial.left_out] == ["money_in"]
