"""No card number and no IBAN stands in a policy, wherever it is tried, and no message repeats one."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.policy.file import read_policy
from vigie_runtime import ConfigurationError
from vigie_schemas import is_account_number

CARD = "4111111111111111"
NUMBERS = (CARD, "4111 1111-1111 1111", "DE89 3704 0044 0532 0130 00")
HOLDS_NUMBER = "holds a card number or an IBAN: write the pseudonym in its place"

VERDICTS = '[[verdicts]]\nseverity = "high"\nverdict = "decline"\n'
LIMIT = '[[limits]]\nname = "a"\nverdict = "review"\nper_day_eur = 10\n'
LIST = '[[lists]]\nname = "a"\nfield = "merchant"\nverdict = "decline"\n'
ENTRY = '[[lists.entries]]\nvalue = "m1"\nreason = "r"\nby = "b"\n'

Faults = Callable[..., list[str]]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("\n# asked for by NUMBER\n", ":2: the comment"),
        (LIST + ENTRY.replace("m1", "NUMBER"), ":6: lists[0].entries[0].value"),
        (LIST.replace("merchant", "account") + ENTRY.replace("m1", "NUMBER"), ":6: lists[0].entries[0].value"),
        (LIST + ENTRY.replace('"r"', '"case of NUMBER"'), ":7: lists[0].entries[0].reason"),
        (LIST + ENTRY.replace('"r"', '"""\ncase of\nNUMBER"""'), ":7: lists[0].entries[0].reason"),
        (LIST + ENTRY + '"NUMBER" = 1\n', ":9: …"),
        (LIMIT.replace('"a"', '"NUMBER"'), ":2: limits[0].name"),
        (LIMIT + 'channels = ["a",\n"NUMBER"]\n', ":6: limits[0].channels[1]"),
        ("[callers.'NUMBER']\n", ":1: …"),
        ("[unknown]\n'NUMBER' = 'NUMBER'\n", ":2: …"),
    ],
)
def test_wherever_it_stands(faults: Faults, number: str, text: str, place: str) -> None:
    found = faults(text.replace("NUMBER", number))

    assert f"policy.toml{place} {HOLDS_NUMBER}" in found
    assert not any(is_account_number(fault) or number in fault for fault in found)


@pytest.mark.parametrize("number", NUMBERS)
def test_what_is_no_toml_repeats_none_either(faults: Faults, number: str) -> None:
    for text in (f"[a]\n['{number}']\n['{number}']\n", f"a = '{number}' '{number}'\n", f"a = {number}\n= '{number}'"):
        found = faults(text)

        assert found[0].startswith("policy.toml:")
        assert not any(is_account_number(fault) or number in fault for fault in found)


@pytest.mark.parametrize("text", [f"x = {CARD}\n", f"x = {CARD}.0\n", "4111.1111.1111.1111 = 1\n"])
def test_without_quotation_marks(faults: Faults, text: str) -> None:
    found = faults(text)

    assert any(fault.startswith("policy.toml:1: ") and fault.endswith(HOLDS_NUMBER) for fault in found)
    assert not any(is_account_number(fault) for fault in found)


@pytest.mark.parametrize("cell", range(4))
@pytest.mark.parametrize("number", NUMBERS)
def test_in_a_list_file(faults: Faults, cell: int, number: str) -> None:
    cells = ["m1", "r", "b", ""]
    cells[cell] = number
    file = f"value,reason,by,until\nm0,r,b,\n{','.join(cells)}\n"

    found = faults(LIST + 'file = "a.csv"\n', a=file)

    assert found == [f"a.csv:3: {file.split(',')[cell][:6].strip()} {HOLDS_NUMBER}"]


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_written_is_taken_or_refused_and_never_repeated(tmp_path: Path, data: st.DataObject) -> None:
    whole = VERDICTS + LIST + ENTRY + "until = 2027-01-31\n" + LIMIT + "[callers.default]\nobserve = true\n"
    odd = ('"""', "[", "]]", "= 1", "until", "\x00", "\\", "'''", "é", "#", CARD, f"a = '{CARD}'", f"'{CARD}' = 1")
    lines = data.draw(st.lists(st.sampled_from(whole.split("\n")) | st.sampled_from(odd), max_size=12))
    file = tmp_path / "policy.toml"
    file.write_text("\n".join([VERDICTS, *lines]), encoding="utf-8")

    try:
        read_policy(file)
    except ConfigurationError as error:
        for fault in str(error).split("\n"):
            assert fault.startswith("policy.toml:")
            assert not is_account_number(fault)
    else:
        assert not any(CARD in line for line in lines)
