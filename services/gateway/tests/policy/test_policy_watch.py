"""A changed file takes effect without a restart, a broken one changes nothing, and both are said."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog

from gateway.policy.decision import Totals
from gateway.policy.file import DEFAULT_POLICY, read_once, read_policy
from gateway.policy.reading import folder
from gateway.policy.watch import PolicyFile
from vigie_runtime import ConfigurationError
from vigie_schemas import Transaction

VERDICTS = '[[verdicts]]\nseverity = "high"\nverdict = "decline"\n'
LIST = '[[lists]]\nname = "a"\nfield = "account"\nverdict = "decline"\nfile = "a.csv"\n'
LIMIT = '[[limits]]\nname = "daily"\nverdict = "review"\nper_day_eur = 1000\n'
HEADER = "value,reason,by,until\n"
Log = list[dict[str, Any]]


@dataclass
class Clock:
    """Seconds that only a test moves."""

    seconds: float

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def log() -> Iterator[Log]:
    with structlog.testing.capture_logs() as records:
        yield records


@pytest.fixture
def file(write: Callable[..., Path]) -> Path:
    return write(VERDICTS)


def events(log: Log) -> list[str]:
    return [record["event"] for record in log]


def test_it_begins_with_the_file_or_with_what_ships(file: Path, log: Log) -> None:
    assert PolicyFile(file).current == read_policy(file)
    assert PolicyFile().current == read_policy(DEFAULT_POLICY)
    assert events(log) == ["policy in use"] * 2
    assert log[0]["policy"] == read_policy(file).hash


def test_it_does_not_begin_with_a_broken_file(write: Callable[..., Path]) -> None:
    with pytest.raises(ConfigurationError, match=r"^policy.toml:4: limits\[0\]\.per_day_eur must be"):
        PolicyFile(write(LIMIT.replace("1000", "0")))


def test_a_change_takes_effect_at_the_next_refresh(file: Path, write: Callable[..., Path], log: Log) -> None:
    watched = PolicyFile(file)
    before = watched.current
    assert not watched.refresh()

    write(VERDICTS.replace("decline", "review"))

    assert watched.refresh()
    assert watched.current == read_policy(file) != before
    assert not watched.refresh()
    assert events(log) == ["policy in use", "policy changed"]
    assert (log[1]["before"], log[1]["after"]) == (before.hash, watched.current.hash)


def test_a_file_that_is_moved_there_takes_effect(file: Path, tmp_path: Path) -> None:
    watched = PolicyFile(file)
    at = file.stat()
    other = tmp_path / "other.toml"
    other.write_text(VERDICTS.replace('"high"', '"low" '))
    os.utime(other, ns=(at.st_atime_ns, at.st_mtime_ns))
    assert other.stat().st_size == at.st_size

    other.replace(file)

    assert watched.refresh()
    assert watched.current.verdicts[0].severities == ("low",)


def test_a_broken_change_keeps_the_policy_and_is_said_once(file: Path, write: Callable[..., Path], log: Log) -> None:
    watched = PolicyFile(file)
    before = watched.current
    write(VERDICTS + LIMIT.replace("1000", "0") + "x = 1\n")

    assert not watched.refresh()
    assert not watched.refresh()
    os.utime(file)
    assert not watched.refresh()

    assert watched.current is before
    assert watched.problem == (
        f"policy.toml:7: limits[0].per_day_eur must be a number above 0 (and 1 more); policy {before.hash} stays in use"
    )
    assert events(log) == ["policy in use", "policy refused"]
    assert (log[1]["log_level"], log[1]["kept"], log[1]["faults_total"]) == ("error", before.hash, 2)
    assert log[1]["faults"][0] == "policy.toml:7: limits[0].per_day_eur must be a number above 0"


def test_another_fault_is_said_again(file: Path, write: Callable[..., Path], log: Log) -> None:
    watched = PolicyFile(file)
    for text in ("x = 1\n" + VERDICTS, "y = 1\n" + VERDICTS):
        write(text)
        watched.refresh()

    assert events(log) == ["policy in use", "policy refused", "policy refused"]


def test_the_file_as_it_was_ends_the_problem(file: Path, write: Callable[..., Path], log: Log) -> None:
    watched = PolicyFile(file)
    before = watched.current
    write("x = 1\n" + VERDICTS)
    watched.refresh()

    write(VERDICTS)

    assert not watched.refresh()
    assert (watched.problem, watched.current) == (None, before)
    assert events(log) == ["policy in use", "policy refused", "policy file valid again"]


def test_a_file_half_written_at_any_place_never_does_harm(write: Callable[..., Path]) -> None:
    whole = LIMIT + "[callers.default]\nobserve = true\n" + VERDICTS
    watched = PolicyFile(write(LIMIT + VERDICTS))
    before = watched.current
    complete = len(whole) - 1  # without its last newline it says the same

    for length in range(complete):
        file = write("# [[verdicts]]\n")
        file.write_text(whole[:length])
        assert not watched.refresh()
        assert watched.current is before
        assert watched.problem

    write(whole)
    assert watched.refresh()
    assert watched.problem is None
    assert watched.current.default_caller.observe


def test_a_file_written_while_it_is_read_is_read_again(file: Path, monkeypatch: pytest.MonkeyPatch, log: Log) -> None:
    watched = PolicyFile(file)
    before = watched.current
    real = folder.signature_of
    file.write_text(VERDICTS.replace("decline", "review"))

    def write_meanwhile(path: Path) -> folder.Signature | None:
        seen = real(path)
        monkeypatch.setattr(folder, "signature_of", real)
        file.write_text(VERDICTS.replace("decline", "challenge"))
        return seen

    monkeypatch.setattr(folder, "signature_of", write_meanwhile)
    assert not watched.refresh()
    assert (watched.current, watched.problem) == (before, None)

    assert watched.refresh()
    assert watched.current.verdicts[0].verdict == "challenge"
    assert events(log) == ["policy in use", "policy changed"]


def test_a_file_that_is_written_at_the_start_is_read_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = folder.signature_of

    def write_meanwhile(path: Path) -> folder.Signature | None:
        seen = real(path)
        monkeypatch.setattr(folder, "signature_of", real)
        file.write_text(VERDICTS.replace("decline", "challenge"))
        return seen

    monkeypatch.setattr(folder, "signature_of", write_meanwhile)
    assert read_policy(file).verdicts[0].verdict == "challenge"

    monkeypatch.setattr(folder, "signature_of", write_meanwhile)
    assert read_once(file).is_torn


def test_a_list_file_is_watched_too(write: Callable[..., Path], tmp_path: Path) -> None:
    watched = PolicyFile(write(VERDICTS + LIST, a=HEADER))
    first = watched.current

    (tmp_path / "a.csv").write_text(HEADER + "acct-1,r,b,\n")
    assert watched.refresh()
    second = watched.current
    assert (len(first.lists[0].entries), len(second.lists[0].entries)) == (0, 1)

    (tmp_path / "a.csv").write_text(HEADER + "acct-1,r,\n")
    assert not watched.refresh()
    assert watched.problem is not None
    assert watched.problem.startswith("a.csv:2: has 3 fields")

    (tmp_path / "a.csv").unlink()
    assert not watched.refresh()
    assert "cannot be read" in watched.problem

    (tmp_path / "a.csv").write_text(HEADER)
    assert watched.refresh()
    assert watched.current.hash == first.hash


def test_a_policy_that_is_deleted_stays_in_use(file: Path, log: Log) -> None:
    watched = PolicyFile(file)
    content = file.read_text()
    file.unlink()

    assert not watched.refresh()
    assert not watched.refresh()
    assert watched.problem is not None
    assert watched.problem.startswith("policy.toml: cannot be read (")

    file.write_text(content)
    assert not watched.refresh()
    assert watched.problem is None
    assert events(log) == ["policy in use", "policy refused", "policy file valid again"]


def test_nothing_is_read_while_nothing_changes(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = PolicyFile(file)

    def no_reading(*_: object) -> None:
        raise AssertionError("it was read")

    monkeypatch.setattr(Path, "open", no_reading)
    assert not watched.refresh()


def test_entries_expire_without_a_refresh_and_are_a_warning_at_the_next_reading(
    write: Callable[..., Path], payment: Callable[..., Transaction], log: Log
) -> None:
    entry = "acct-1,r,b,2026-12-01T13:00:00Z\n"
    until = 1_796_130_000
    clock = Clock(until - 1.0)
    watched = PolicyFile(write(VERDICTS + LIST, a=HEADER + entry), clock)

    def hits(now_ms: int) -> int:
        return len(watched.current.rules_of(payment(), 1.0, lambda *_: Totals(0, 0.0), now_ms))

    assert (hits(until * 1000 - 1), hits(until * 1000)) == (1, 0)

    clock.seconds = until
    write(VERDICTS + LIST + "# touched\n", a=HEADER + entry)
    assert watched.refresh()
    assert events(log) == ["policy in use", "policy changed", "policy with expired entries"]
    assert log[2]["warnings"] == ["a.csv:2: until is in the past: the entry does nothing"]
