"""Everything that is wrong with a policy is said at once, each with its line and what must be there."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.policy.file import read_policy
from vigie_runtime import ConfigurationError

VERDICTS = '[[verdicts]]\nseverity = "high"\nverdict = "decline"\n'
LIMIT = '[[limits]]\nname = "a"\nverdict = "review"\nper_day_eur = 10\n'
LIST = '[[lists]]\nname = "a"\nfield = "merchant"\nverdict = "decline"\n'
ENTRY = '[[lists.entries]]\nvalue = "m1"\nreason = "r"\nby = "b"\n'

EUR = "must be a number above 0"
COUNT = "must be a whole number from 1 on"
VERDICT = 'must be "allow", "review", "challenge" or "decline"'
SEVERITY = 'must be "low", "medium" or "high", or a list of these, each once'
TWO_BRACKETS = "must be tables with two brackets:"
EACH_ONCE = "must be a list of at least one, each once, and each must be"
LINE = "must be one line of text, 128 characters at most"
REASON = "must be one line of text, 200 characters at most"
PSEUDONYM = "must be the account's pseudonym as verdicts and alerts name it, not its number"
UNTIL = (
    "must be a date such as 2027-01-31 or a time with its zone such as 2027-01-31T12:00:00Z, without quotation marks"
)
ENTRIES = "has its entries from [[lists.entries]], from file or from the topic (topic = true): give one of them"
TOO_DEEP = "is no policy: its tables or lists are nested too deep"
KNOWN = "Known there: verdicts, lists, limits, callers"
KNOWN_LIMITS = (
    "Known there: name, verdict, per_payment_eur, per_hour_eur, per_hour_count, per_day_eur, per_day_count, "
    "categories, countries, currencies, channels"
)
BOUNDS = "per_payment_eur, per_hour_eur, per_hour_count, per_day_eur, per_day_count"
DEADLINE = "must be a whole number of milliseconds from 10 to 10,000"
CALLER_NAME = "its name must be the name of a token: 1 to 64 letters, digits, _, ., @ and -"

FAULTS = {
    # no TOML, or too much of it
    "a = \n": ":1: is no TOML: Invalid value (column 5)",
    "# x\n\na = 1\na = 2\n": ":4: is no TOML: Cannot overwrite a value (column 6)",
    'a = """\n\n': ":6: is no TOML: Unterminated string where the file ends",
    f"a = {'9' * 5000}": ": is no policy: a number in it has thousands of digits",
    f"a = {'[' * 50}{']' * 50}": f": {TOO_DEEP}",
    f"a = {'[' * 5000}{']' * 5000}": f": {TOO_DEEP}",
    f"{'a.' * 2000}a = 1": f": {TOO_DEEP}",
    # the whole
    "\nrules = 1\n": f":2: rules is not known; {KNOWN}",
    "[limit]\n": f":1: limit is not known; did you mean limits? {KNOWN}",
    "[limits]\n": f":1: limits {TWO_BRACKETS} [[limits]]",
    "limits = [1]\n": ":1: limits[0] must be a table",
    "callers = 1\n": ":1: callers must be a table: [callers]",
    # verdicts
    "[[verdicts]]\nverdict = 'review'\n": f":1: verdicts[0].severity is missing: it {SEVERITY}",
    "[[verdicts]]\nseverity = ['low', 'low']\n": f":2: verdicts[0].severity {SEVERITY}",
    "[[verdicts]]\nseverity = []\n": f":2: verdicts[0].severity {SEVERITY}",
    "[[verdicts]]\nverdict = 'Review'\n": f":2: verdicts[0].verdict {VERDICT}",
    "[[verdicts]]\namount_from = -0.5\n": ":2: verdicts[0].amount_from must be a number from 0 on",
    VERDICTS * 2: ":4: verdicts[1] never decides: entries above take all of its alerts, so move it up",
    # limits
    "[[limits]]\nname = 'a'\n": f":1: limits[0] limits nothing: give at least one of {BOUNDS}",
    **{
        LIMIT.replace("10", value): f":4: limits[0].per_day_eur {EUR}"
        for value in ("0", "-3", "nan", "inf", "true", "'10'", "2e12", "[1]")
    },
    LIMIT + "per_day_count = 1.0\n": f":5: limits[0].per_day_count {COUNT}",
    LIMIT + "per_hour_count = 0\n": f":5: limits[0].per_hour_count {COUNT}",
    LIMIT + "per_hour_count = true\n": f":5: limits[0].per_hour_count {COUNT}",
    LIMIT + "per_day_euro = 1\n": f":5: limits[0].per_day_euro is not known; did you mean per_day_eur? {KNOWN_LIMITS}",
    LIMIT.replace("review", "allow"): ':3: limits[0].verdict must be "review", "challenge" or "decline"',
    LIMIT.replace(
        '"a"', '"a b"'
    ): ":2: limits[0].name must be text of 1 to 64 letters without accents, digits, - and _",
    LIMIT * 2: ":6: limits[1].name a stands there twice, in line 2 too: give each its own name",
    LIMIT + "countries = ['FR', 'fr']\n": f":5: limits[0].countries {EACH_ONCE} two capital letters such as FR",
    LIMIT + "currencies = 'EUR'\n": f":5: limits[0].currencies {EACH_ONCE} three capital letters such as EUR",
    LIMIT + "channels = []\n": f":5: limits[0].channels {EACH_ONCE} {LINE.removeprefix('must be ')}",
    LIMIT + "categories = ['a', 'a']\n": f":5: limits[0].categories {EACH_ONCE} {LINE.removeprefix('must be ')}",
    # lists
    LIST: f":1: lists[0] {ENTRIES}",
    LIST + "file = 'a.csv'\n" + ENTRY: f":1: lists[0] {ENTRIES}, not entries and file",
    LIST + "topic = true\n" + ENTRY: f":1: lists[0] {ENTRIES}, not entries and topic",
    LIST + "file = 'a.csv'\ntopic = true\n": f":1: lists[0] {ENTRIES}, not file and topic",
    LIST + "topic = false\n": ":5: lists[0].topic must be true",
    LIST + "topic = 'lists'\n": ":5: lists[0].topic must be true",
    LIST + "file = 'a.csv'\n": ":5: lists[0].file cannot be read (No such file or directory): put it there",
    LIST
    + "file = '../a.csv'\n": ":5: lists[0].file must be the name of a CSV file beside the policy, without a folder",
    LIST + "[lists.entries]\n": f":5: lists[0].entries {TWO_BRACKETS} [[lists.entries]]",
    LIST.replace("merchant", "x"): ':3: lists[0].field must be "account", "merchant", "country" or "device"',
    LIST + ENTRY * 2: ":10: lists[0].entries[1].value is on this list already, in line 6: keep one of them",
    (LIST + ENTRY) * 2: ":10: lists[1].name a stands there twice, in line 2 too: give each its own name",
    LIST + ENTRY.replace("reason", "why"): f":5: lists[0].entries[0].reason is missing: it {REASON}",
    LIST + ENTRY.replace('"r"', '"""r\ns"""'): f":7: lists[0].entries[0].reason {REASON}",
    LIST + ENTRY.replace('"r"', f'"{"r" * 201}"'): f":7: lists[0].entries[0].reason {REASON}",
    LIST + ENTRY.replace('"m1"', '" m1"'): f":6: lists[0].entries[0].value {LINE}",
    LIST + ENTRY.replace('"m1"', '"m\\u001b[1"'): f":6: lists[0].entries[0].value {LINE}",
    LIST.replace("merchant", "country") + ENTRY: ":6: lists[0].entries[0].value must be two capital letters such as FR",
    **{
        LIST.replace("merchant", "account") + ENTRY.replace("m1", name): f":6: lists[0].entries[0].value {PSEUDONYM}"
        for name in ("1234567890123", "Jane Doe", "DE00123456789012345678")
    },
    LIST + ENTRY + "until = 2027-01-31T00:00:00\n": f":9: lists[0].entries[0].until {UNTIL}",
    LIST + ENTRY + "until = '2027-01-31'\n": f":9: lists[0].entries[0].until {UNTIL}",
    LIST + ENTRY + "until = 12:00:00\n": f":9: lists[0].entries[0].until {UNTIL}",
    # callers
    "[callers.a]\ndeadline_ms = 9\n": f":2: callers.a.deadline_ms {DEADLINE}",
    "[callers.a]\ndeadline_ms = 10001\n": f":2: callers.a.deadline_ms {DEADLINE}",
    "[callers.a]\nobserve = 1\n": ":2: callers.a.observe must be true or false",
    "[callers.a]\non_fallback = 'open'\n": f':2: callers.a.on_fallback {VERDICT.replace(" or", ",")} or "rules"',
    "[callers.a]\nburst = 5\n": ":2: callers.a.burst needs rate_per_second beside it",
    "[callers.a]\nrate_per_second = 0\n": ":2: callers.a.rate_per_second must be a number above 0, at most 1,000,000",
    "[callers.'a b']\nobserve = true\n": f":1: callers.a b is no caller: {CALLER_NAME}",
    "[callers]\ndeadline_ms = 100\n": ":2: callers.deadline_ms must be a table: [callers.deadline_ms]",
}
"""Text of a policy and what is said about it, after the file's name."""


@pytest.mark.parametrize("text", FAULTS)
def test_a_fault_has_its_line_and_says_what_must_be(faults: Callable[..., list[str]], text: str) -> None:
    assert f"policy.toml{FAULTS[text]}" in faults(text)


def test_all_faults_are_said_in_one_go_in_the_order_of_files_and_lines(faults: Callable[..., list[str]]) -> None:
    text = (
        LIST
        + 'file = "b.csv"\n'
        + LIST.replace('"a"', '"c"')
        + 'file = "a.csv"\n'
        + LIMIT.replace("10", "0")
        + "[callers.x]\nobserve = 3\n"
        + "[[verdicts]]\n"
    )

    found = faults(text, a="value,reason,by,until\nm1,,b,\nm2,,b,\n", b="nothing\n")

    assert [fault.split(" ")[:2] for fault in found] == [
        ["policy.toml:14:", "limits[0].per_day_eur"],
        ["policy.toml:16:", "callers.x.observe"],
        ["policy.toml:17:", "verdicts[0].severity"],
        ["policy.toml:17:", "verdicts[0].verdict"],
        ["b.csv:1:", "must"],
        ["a.csv:2:", "reason"],
        ["a.csv:3:", "reason"],
    ]


@pytest.mark.parametrize("text", ["", "# all of it was deleted\n", LIMIT])
def test_a_policy_without_verdicts_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "policy.toml").write_text(text)

    with pytest.raises(ConfigurationError, match=r"^policy.toml: verdicts is missing: without \[\[verdicts\]\]"):
        read_policy(tmp_path / "policy.toml")


def test_what_is_no_text_is_refused_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_bytes(VERDICTS.encode() + b"# caf\xe9\n")

    with pytest.raises(ConfigurationError, match=r"^policy.toml:4: is no UTF-8 text$"):
        read_policy(tmp_path / "policy.toml")


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_what_cannot_be_read_is_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot be read \("):
        read_policy(tmp_path / name)


def test_what_is_too_large_is_refused(faults: Callable[..., list[str]]) -> None:
    assert faults("#" * 2**20) == ["policy.toml: has more than 1,048,576 bytes: make it smaller"]


@pytest.mark.parametrize("name", ["a\u202eb", "x" * 100, "\x1b[31m"])
def test_a_key_is_shown_so_that_it_does_no_harm(faults: Callable[..., list[str]], name: str) -> None:
    escaped = name.encode("unicode_escape").decode().replace("\\x", "\\u00")

    found = faults(f'"{escaped}" = 1\n')

    assert all(fault.isprintable() and len(fault) < 200 for fault in found)
    assert found[0].endswith(f"is not known; {KNOWN}")
