"""What is wrong with a list file, with the line there."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.policy.file import read_policy
from vigie_runtime import ConfigurationError

POLICY = """
[[verdicts]]
severity = "high"
verdict = "decline"
[[lists]]
name = "a"
field = "{}"
verdict = "decline"
file = "a.csv"
"""
HEADER = "value,reason,by,until\n"
NO_HEADER = ":1: must be value,reason,by,until: the header of a list file"
UNTIL = "until must be empty, a date such as 2027-01-31 or a time with its zone such as 2027-01-31T12:00:00Z"
REASON = "reason must be one line of text, 200 characters at most"

FAULTS = {
    "": NO_HEADER,
    "value;reason;by;until\n": NO_HEADER,
    "value,reason,by\nm1,r,b\n": NO_HEADER,
    "Value,Reason,By,Until\n": NO_HEADER,
    HEADER + "m1,r,b\n": ":2: has 3 fields and must have 4: value,reason,by,until",
    HEADER + "m1,r,b,\nm2,r, s,b,\n": ":3: has 5 fields and must have 4: value,reason,by,until",
    HEADER + '"m1,r,b,\nm2,r,b,\n': ":2: is no CSV: unexpected end of data",
    HEADER + 'm1,"r"s,b,\n': ":2: is no CSV: ',' expected after '\"'",
    HEADER + "\n,r,b,\n": ":3: value must be one line of text, 128 characters at most",
    HEADER + 'm1,"two\nlines",b,\nm2,r,,\n': f":2: {REASON}",
    HEADER + 'm1,"two\nlines",b,\nm2,r,,2027-01-31\n': ":4: by must be the name of who added it, in one line of text",
    HEADER + "m1,r,b,\r\nm2,r,b,\r\nm1,r,b,\r\n": ":4: value is in line 2 already: keep one of them",
    HEADER + "m1,r,b,31.01.2027\n": f":2: {UNTIL}",
    HEADER + "m1,r,b,2027-02-30\n": f":2: {UNTIL}",
    HEADER + "m1,r,b,20270131\n": f":2: {UNTIL}",
    HEADER + "m1,r,b,2027-01-31T10:00:00\n": f":2: {UNTIL}",
    HEADER + "m1,r\n" * 200: ":102: and further lines were not looked at",
}
"""Content of the file and what is said about it, after the file's name."""


@pytest.mark.parametrize("content", FAULTS)
def test_a_fault_has_the_line_of_the_file(faults: Callable[..., list[str]], content: str) -> None:
    assert f"a.csv{FAULTS[content]}" in faults(POLICY.format("merchant"), a=content)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("country", "fr", "two capital letters such as FR"),
        ("account", "Jane Doe", "the account's pseudonym as verdicts and alerts name it, not its number"),
        ("account", "1234567890123", "the account's pseudonym as verdicts and alerts name it, not its number"),
        ("device", "x" * 129, "one line of text, 128 characters at most"),
    ],
)
def test_a_value_must_be_of_the_lists_field(
    faults: Callable[..., list[str]], field: str, value: str, words: str
) -> None:
    assert faults(POLICY.format(field), a=f"{HEADER}{value},r,b,\n") == [f"a.csv:2: value must be {words}"]


def test_what_is_no_text_is_refused_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(POLICY.format("merchant"))
    (tmp_path / "a.csv").write_bytes(HEADER.encode() + b"m1,caf\xe9,b,\n")

    with pytest.raises(ConfigurationError, match=r"^a.csv:2: is no UTF-8 text$"):
        read_policy(tmp_path / "policy.toml")


def test_two_lists_do_not_share_a_file(faults: Callable[..., list[str]]) -> None:
    second = '[[lists]]\nname = "b"\nfield = "device"\nverdict = "review"\nfile = "a.csv"\n'

    assert faults(POLICY.format("merchant") + second, a=HEADER) == [
        "policy.toml:14: lists[1].file is the file of another list too: give each list its own"
    ]
