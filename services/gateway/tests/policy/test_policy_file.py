"""A policy's hash, and the page that describes the format."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.policy.callers import CallerPolicy
from gateway.policy.file import DEFAULT_POLICY, read_policy
from gateway.policy.policy import Policy
from vigie_runtime import ConfigurationError

PAGE = (Path(__file__).parents[2] / "POLICY.md").read_text(encoding="utf-8")
HEADER = "value,reason,by,until\n"
TWO_LISTS = """
[[lists]]
name = "a"
field = "merchant"
verdict = "decline"
file = "z.csv"
[[lists]]
name = "b"
field = "device"
verdict = "review"
file = "a.csv"
"""


def test_the_hash_is_that_of_the_file(write: Callable[..., Path]) -> None:
    file = write("# any\n")

    policy = read_policy(file)

    assert policy.hash == hashlib.sha256(file.read_bytes()).hexdigest()[:12]
    assert policy.hash == read_policy(file).hash
    assert policy.hash != read_policy(write("# another\n")).hash


def test_the_hash_covers_list_files_in_the_order_in_which_they_are_named(write: Callable[..., Path]) -> None:
    file = write(TWO_LISTS, a=HEADER + "d1,r,b,\n", z=HEADER)
    whole = b"".join(path.read_bytes() for path in (file, file.parent / "z.csv", file.parent / "a.csv"))

    assert read_policy(file).hash == hashlib.sha256(whole).hexdigest()[:12]


def test_the_hash_does_not_depend_on_where_or_when(write: Callable[..., Path], tmp_path: Path) -> None:
    file = write("# any\n")
    (tmp_path / "elsewhere").mkdir()
    other = tmp_path / "elsewhere" / "renamed.toml"
    other.write_bytes(file.read_bytes())

    assert read_policy(file, lambda: 0.0).hash == read_policy(other, lambda: 4e9).hash


def test_rules_are_named_in_the_order_of_the_file(policy: Callable[..., Policy]) -> None:
    limit = '[[limits]]\nname = "daily"\nverdict = "challenge"\nper_day_eur = 10\n'

    assert policy(limit + TWO_LISTS, a=HEADER, z=HEADER).rules == (
        ("lists.a", "decline"),
        ("lists.b", "review"),
        ("limits.daily", "challenge"),
    )


def test_the_example_of_the_page_is_a_policy(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.S)
    (file,) = re.findall(r"```csv\n(.*?)```", PAGE, re.S)
    (tmp_path / "policy.toml").write_text(example, encoding="utf-8")
    (tmp_path / "blocked-merchants.csv").write_text(file, encoding="utf-8")

    policy = read_policy(tmp_path / "policy.toml", lambda: 1_796_000_000.0)

    assert policy.warnings == ()
    assert len(policy.lists[0].entries) == len(file.splitlines()) - 1
    assert policy.caller("instant-transfers") != policy.caller("anyone")


def test_the_page_has_every_key(tmp_path: Path) -> None:
    """Every key that a fault of an unknown one lists stands in the page's tables."""
    tables = ("[[verdicts]]", "[[lists]]", "[[lists.entries]]", "[[limits]]", "[callers.a]")
    (tmp_path / "policy.toml").write_text("x = 1\n" + "".join(f"{table}\nx = 1\n" for table in tables))
    with pytest.raises(ConfigurationError) as raised:
        read_policy(tmp_path / "policy.toml")
    known = {key for found in re.findall("Known there: (.*)", str(raised.value)) for key in found.split(", ")}

    assert len(known) > 25
    assert [key for key in known if not any(form in PAGE for form in (f"`{key}`", f"`[[{key}]]`", f"[{key}."))] == []


def test_the_page_says_what_is_built_in() -> None:
    default = read_policy(DEFAULT_POLICY).default_caller

    assert default == CallerPolicy()
    assert f"| `deadline_ms` | {default.deadline_ms} |" in PAGE
    assert f"| `on_fallback` | `{default.on_fallback}` |" in PAGE
