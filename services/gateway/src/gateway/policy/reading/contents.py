"""The whole text of a policy to a policy, or everything that is wrong with it."""

import hashlib
import re
import tomllib
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any, Final

from gateway.policy.policy import Policy
from gateway.policy.reading.callers import read_callers
from gateway.policy.reading.folder import PolicyFolder
from gateway.policy.reading.limits import read_limits
from gateway.policy.reading.lists import read_lists
from gateway.policy.reading.problems import HOLDS_NUMBER, PolicyProblems, shown
from gateway.policy.reading.tables import PolicyTable
from gateway.policy.reading.toml_lines import TomlPath, scan
from gateway.policy.reading.verdicts import read_verdicts
from vigie_schemas import is_account_number

_PLACE: Final = re.compile(r"(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.S)

HASH_DIGITS: Final = 12
BEYOND_ACCOUNT_NUMBERS: Final = 10**40
"""Python refuses to write far larger numbers as text."""


def policy_of(folder: PolicyFolder, problems: PolicyProblems, now_ms: int) -> Policy | None:
    """The policy of the folder's files; None where `problems` has faults, raises InputError where it cannot be read."""
    values = _values(folder.policy(), problems)
    if values is None:
        return None
    _refuse_account_numbers(values, problems)
    root = PolicyTable(values, (), problems)
    verdicts = read_verdicts(root)
    lists = read_lists(root, folder.list_file, now_ms)
    limits = read_limits(root)
    default, callers = read_callers(root)
    root.close()
    if problems.faults:
        return None
    digest = hashlib.sha256(b"".join(folder.contents)).hexdigest()[:HASH_DIGITS]
    return Policy(digest, verdicts, lists, limits, MappingProxyType(callers), default, problems.warnings)


def _values(content: bytes, problems: PolicyProblems) -> dict[str, Any] | None:
    try:
        text = content.decode("utf-8-sig")
        values = tomllib.loads(text)
        problems.lines = scan(text)
    except UnicodeDecodeError as error:
        problems.add_line(content.count(b"\n", 0, error.start) + 1, "is no UTF-8 text")
    except tomllib.TOMLDecodeError as error:
        _add_syntax_fault(str(error), content, problems)
    except ValueError:
        problems.add_line(0, "is no policy: a number in it has thousands of digits")
    except RecursionError:
        problems.add_line(0, "is no policy: its tables or lists are nested too deep")
    else:
        return values
    return None


def _add_syntax_fault(message: str, content: bytes, problems: PolicyProblems) -> None:
    found = _PLACE.fullmatch(message)
    if found is None:
        problems.add_line(0, f"is no TOML: {shown(message)}")
    elif found["line"] is None:
        problems.add_line(content.rstrip().count(b"\n") + 1, f"is no TOML: {shown(found['what'])} where the file ends")
    else:
        problems.add_line(int(found["line"]), f"is no TOML: {shown(found['what'])} (column {found['column']})")


def _refuse_account_numbers(values: dict[str, Any], problems: PolicyProblems) -> None:
    for path, text in _texts(values, ()):
        if is_account_number(text):
            problems.add(path, HOLDS_NUMBER)
    for line, comment in problems.lines.comments:
        if is_account_number(comment):
            problems.add_line(line, f"the comment {HOLDS_NUMBER}")


def _texts(value: Any, path: TomlPath) -> Iterator[tuple[TomlPath, str]]:
    """Every key, text and number with its path."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield (*path, key), ".".join([*(each for each in path if isinstance(each, str)), key])
            yield from _texts(part, (*path, key))
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _texts(part, (*path, place))
    elif isinstance(value, str) or (isinstance(value, (int, float)) and abs(value) < BEYOND_ACCOUNT_NUMBERS):
        yield path, str(value)
