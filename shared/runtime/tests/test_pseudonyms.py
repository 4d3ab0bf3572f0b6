"""Pseudonyms: which names need one, that none can be computed without the key, and how the key is kept."""

import hashlib
import hmac
import logging
import multiprocessing
import re
import secrets
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from vigie_runtime import ConfigurationError, load_settings
from vigie_runtime.pseudonyms import (
    KEY_FILE,
    Pseudonyms,
    PseudonymSettings,
    load_pseudonyms,
    needs_pseudonym,
)
from vigie_schemas import Transaction
from vigie_schemas.account_numbers import CARD_NUMBER_PATTERN, IBAN_PATTERN, is_account_number

CARD = "4111111111111111"
IBAN = "FR7630006000011234567890189"
KEY = "q0VhYkC3sQm1n8yR5tWz7uXb2pLd4eFg"
NAMES = st.one_of(st.text(), st.from_regex(CARD_NUMBER_PATTERN), st.from_regex(IBAN_PATTERN), st.just(CARD))


@pytest.fixture
def settings(tmp_path: Path) -> PseudonymSettings:
    return PseudonymSettings(data_dir=tmp_path / "data")


@pytest.mark.parametrize(
    "name",
    [
        CARD,
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111.1111.1111.1111",
        "3782-822463-10005",
        "PAN:4111111111111111",
        "paid to 4111 1111 1111 1111",
        IBAN,
        IBAN.lower(),
        "FR76-3000-6000-0112-3456-7890-189",
        "FR76 3000 6000 0112 3456 7890 189",
    ],
)
def test_card_numbers_and_ibans_are_account_numbers_however_they_are_written(name: str) -> None:
    assert is_account_number(name)
    assert needs_pseudonym(name)


def test_thirteen_digits_in_one_piece_are_no_name_of_an_account_whatever_their_check_digit() -> None:
    assert not is_account_number("1234567890123")
    assert needs_pseudonym("1234567890123")


@pytest.mark.parametrize("name", ["C568", "628663969083", "acct-7f3a", "a@b:c.d", "2024-01-15", "branch-12:account-9"])
def test_names_that_tell_no_account_number_are_kept(name: str) -> None:
    assert not is_account_number(name)
    assert not needs_pseudonym(name)
    assert Pseudonyms(KEY).of(name) == name


@pytest.mark.parametrize("name", ["two words", "é", "x" * 65])
def test_names_that_the_contract_refuses_need_a_pseudonym(name: str) -> None:
    assert needs_pseudonym(name)
    assert not is_account_number(name)


@pytest.mark.parametrize("blank", ["", " ", "\t\n", "\u00a0"])
def test_a_blank_names_no_account(blank: str) -> None:
    assert not needs_pseudonym(blank)
    assert Pseudonyms(KEY).of(blank) == blank


@given(NAMES.filter(str.strip))
def test_every_account_gets_a_name_that_the_contract_takes(name: str) -> None:
    pseudonym = Pseudonyms(KEY).of(name)

    assert pseudonym == Pseudonyms(KEY).of(name)
    assert not needs_pseudonym(pseudonym)
    Transaction.model_validate(
        {
            "schema_version": 1,
            "transaction_id": "t",
            "account_id": pseudonym,
            "timestamp_ms": 1_700_000_000_000,
            "amount": 1.0,
            "currency": "EUR",
        }
    )


def test_a_pseudonym_that_happens_to_be_a_card_number_is_not_given() -> None:
    name = "account 86164"  # the first 16 characters of its hash are digits, with the right check digit
    digest = hmac.new(KEY.encode(), name.encode(), hashlib.sha256).hexdigest()
    assert is_account_number(f"acct-{digest[:16]}")

    pseudonym = Pseudonyms(KEY).of(name)

    assert not is_account_number(pseudonym)
    assert pseudonym == Pseudonyms(KEY).of(name) != f"acct-{digest[:16]}"


def test_any_name_can_be_hidden_under_another_beginning_too() -> None:
    pseudonyms = Pseudonyms(KEY)

    assert pseudonyms.hidden("C568") != "C568"
    assert pseudonyms.hidden(CARD) == pseudonyms.of(CARD) == pseudonyms.hidden(f"PAN:{CARD}")
    assert pseudonyms.hidden(CARD, "tx-") == pseudonyms.of(CARD).replace("acct-", "tx-")


@pytest.mark.parametrize("number", [CARD, IBAN])
def test_a_pseudonym_cannot_be_computed_without_the_key(number: str) -> None:
    pseudonym = Pseudonyms(KEY).of(number)

    assert number not in pseudonym
    assert pseudonym != Pseudonyms(KEY[::-1]).of(number)
    digests = {hashlib.new(name, number.encode()).hexdigest() for name in ("md5", "sha1", "sha256", "sha512")}
    assert not any(pseudonym.removeprefix("acct-") in digest for digest in digests)


def test_different_spellings_of_one_number_are_one_account() -> None:
    pseudonyms = Pseudonyms(KEY)

    assert pseudonyms.of(CARD) == pseudonyms.of("4111 1111 1111 1111") == pseudonyms.of("4111-1111-1111-1111")
    assert pseudonyms.of(IBAN) == pseudonyms.of(IBAN.lower())


def test_the_key_of_the_environment_is_used_and_none_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VIGIE_PSEUDONYM_KEY", KEY)
    monkeypatch.setenv("VIGIE_DATA_DIR", str(tmp_path))

    assert load_pseudonyms(load_settings(PseudonymSettings)).of(CARD) == Pseudonyms(KEY).of(CARD)
    assert not list(tmp_path.iterdir())


def test_a_key_is_made_once_and_only_its_owner_may_read_it(settings: PseudonymSettings) -> None:
    first = load_pseudonyms(settings).of(CARD)

    file = settings.data_dir / KEY_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load_pseudonyms(settings).of(CARD) == first == Pseudonyms(file.read_text()).of(CARD)
    assert [path.name for path in settings.data_dir.iterdir()] == [KEY_FILE], "no draft of it stays"


def test_a_line_break_after_a_restored_key_changes_no_pseudonym(settings: PseudonymSettings) -> None:
    before = load_pseudonyms(settings).of(CARD)
    file = settings.data_dir / KEY_FILE
    file.write_text(f"{file.read_text()}\n")

    assert load_pseudonyms(settings).of(CARD) == before


def test_two_folders_have_two_keys(tmp_path: Path) -> None:
    one, other = (load_pseudonyms(PseudonymSettings(data_dir=tmp_path / name)).of(CARD) for name in ("a", "b"))

    assert one != other


def test_processes_that_start_at_once_agree_on_one_key(settings: PseudonymSettings) -> None:
    with multiprocessing.get_context("fork").Pool(8) as pool:
        names = pool.map(_pseudonym_of_card, [settings] * 64, chunksize=1)

    assert len(set(names)) == 1
    assert [path.name for path in settings.data_dir.iterdir()] == [KEY_FILE]


def _pseudonym_of_card(settings: PseudonymSettings) -> str:
    return load_pseudonyms(settings).of(CARD)


@pytest.mark.parametrize(
    "weak",
    [
        "short",
        "x" * 64,
        "ab" * 32,
        "q0VhYkC3sQm1n8yR" * 2,
        "abcdefghijklmnopqrstuvwxyz0123456789",
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "change-me-change-me-please-1234567890",
        "this-is-an-example-key-of-40-characters!",
        hashlib.sha256(b"").hexdigest(),
        " " * 40,
    ],
)
def test_a_weak_key_is_refused_by_name_with_the_way_to_make_one(monkeypatch: pytest.MonkeyPatch, weak: str) -> None:
    monkeypatch.setenv("VIGIE_PSEUDONYM_KEY", weak)

    with pytest.raises(ConfigurationError, match=r"VIGIE_PSEUDONYM_KEY: .*import secrets") as refused:
        load_settings(PseudonymSettings)

    assert weak not in str(refused.value)


@pytest.mark.parametrize("make", [lambda: secrets.token_urlsafe(32), lambda: secrets.token_hex(32)])
def test_keys_made_at_random_are_taken(make: Callable[[], str]) -> None:
    for _ in range(200):
        PseudonymSettings(pseudonym_key=SecretStr(make()))


def test_a_kept_key_that_was_damaged_is_refused(settings: PseudonymSettings) -> None:
    settings.data_dir.mkdir()
    (settings.data_dir / KEY_FILE).write_text("half")

    with pytest.raises(ConfigurationError, match=re.escape(str(settings.data_dir / KEY_FILE))):
        load_pseudonyms(settings)


def test_a_data_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")

    with pytest.raises(ConfigurationError, match="VIGIE_PSEUDONYM_KEY"):
        load_pseudonyms(PseudonymSettings(data_dir=tmp_path / "data"))


def test_the_key_shows_nowhere(settings: PseudonymSettings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    given = PseudonymSettings(pseudonym_key=SecretStr(KEY), data_dir=settings.data_dir)

    shown = f"{given} {given!r} {given.model_dump()} {given.model_dump_json()} {load_pseudonyms(given)!r}"

    load_pseudonyms(settings)
    kept = (settings.data_dir / KEY_FILE).read_text()
    assert KEY not in shown
    assert kept not in caplog.text
