"""Card numbers and IBANs are found however they are spelled, and ordinary names pass."""

import random
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie_schemas.account_numbers import IBAN_LENGTHS, account_number_in, is_account_number, names_account_by_number

CARDS = ("4111111111111111", "378282246310005", "6011000990139424", "5500000000000004", "30569309025904")
IBANS = (
    "DE89370400440532013000",
    "GB29NWBK60161331926819",
    "FR7630006000011234567890189",
    "NO9386011117947",
    "MT84MALT011000012345MTLCAST001S",
)
GAPS = ("-", " ", ".", ":", "/", "_", " - ", "\u00a0", "\u2011", "\u2013")


@pytest.mark.parametrize(
    "text",
    [
        "PAN:4111111111111111",
        "PAN4111111111111111",
        "C4111111111111111",
        "acct-4111111111111111",
        "Café4111111111111111",
        "4111111111111111EUR",
        "card 4111 1111 1111 1111 exp 12/27",
        "4111 1111 1111 1111 12/27",
        "12 4111-1111-1111-1111",
        "3782-822463-10005",
        "41111111-11111111",
        "411111 1111111111",
        "IBAN DE89 3704 0044 0532 0130 00",
        "iban:de89-3704-0044-0532-0130-00",
        "IBANDE89370400440532013000",
        "FR12 DE89 3704 0044 0532 0130 00",
        "DE89 3704 0044 0532 0130 00 savings",
    ],
)
def test_a_number_in_other_words_is_found(text: str) -> None:
    assert is_account_number(text)


@given(
    st.sampled_from(CARDS + IBANS),
    st.sampled_from(GAPS),
    st.integers(1, 8),
    st.sampled_from(("", "PAN:", "IBAN ", "no. ", "(")),
    st.sampled_from(("", ")", " x", "!")),
    st.booleans(),
)
def test_any_grouping_and_case_of_one_number_is_the_same_number(
    number: str, gap: str, group: int, before: str, after: str, in_capitals: bool
) -> None:
    spelled = gap.join(number[at : at + group] for at in range(0, len(number), group))

    assert account_number_in(before + (spelled if in_capitals else spelled.lower()) + after) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "g7-1-000123",
        "4111111111111112",
        "DE88370400440532013000",
        "2024-01-15-12345",
        "2024-01-25 12:30:45.123456",
        "20250115123000123",
        "1735732800000",
        "data-2024-01-01-123456",
        "628663969083",
        "branch-12:account-9",
        "Raynor, Feest and Miller",
        "muller-and-sons-00123",
    ],
)
def test_ordinary_names_pass(text: str) -> None:
    assert not is_account_number(text)


def test_no_uuid_and_hardly_a_hash_is_taken_for_a_number() -> None:
    chance = random.Random(3)
    uuids = [str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(20_000)]
    hashes = [f"{chance.getrandbits(128):032x}" for _ in range(20_000)]

    assert not any(map(is_account_number, uuids))
    assert sum(map(is_account_number, hashes)) <= 1


def test_the_name_of_an_account_needs_no_right_check_digit() -> None:
    for name in ("1234567890123", "4111111111111112", "DE88370400440532013000"):
        assert names_account_by_number(name)
        assert not is_account_number(name)
    assert names_account_by_number("4111-1111-1111-1111")
    assert not names_account_by_number("acct-7f3a")


def test_each_country_has_one_length() -> None:
    countries = [country for listed in IBAN_LENGTHS.values() for country in listed.split()]

    assert len(countries) == len(set(countries))


def test_long_texts_are_answered_in_proportion() -> None:
    """No pattern may walk a text again and again: these would take hours."""
    for text in ("z" * 200_000 + "é" + "1" * 13, "1 " * 50_000, "A1" * 100_000, "DE89 " * 40_000):
        is_account_number(text)
