"""Entries from the topic: applied one by one, expired by the clock, kept over a change of policy; what is refused."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from gateway.policy.decision import Totals
from gateway.policy.file import read_policy
from gateway.policy.policy import Policy
from gateway.policy.topic_lists import ListChange, ListCounts, TopicLists
from gateway.policy.watch import PolicyFile
from gateway.stream.list_records import RefusedListRecordError, list_change
from vigie_schemas import ListedValue, RuleHit, Transaction
from vigie_schemas.listed_value import REMOVED_BY_HEADER

CARD = "4111 1111 1111 1111"
UNTIL_MS = 1_801_440_000_000
Log = list[dict[str, Any]]


def topic_list(name: str, field: str = "merchant", verdict: str = "decline") -> str:
    return f'[[lists]]\nname = "{name}"\nfield = "{field}"\nverdict = "{verdict}"\ntopic = true\n'


def put(
    name: str, value: str, reason: str = "case 17", by: str = "m.keller", until_ms: int | None = None
) -> ListChange:
    listed = ListedValue(schema_version=1, list_name=name, value=value, reason=reason, by=by, until_ms=until_ms)
    return list_change(listed.key, listed.model_dump_json())


def removal(name: str, value: str, by: str | bytes = "s.lang") -> ListChange:
    return list_change(f"{name}/{value}".encode(), None, [("other", b"x"), (REMOVED_BY_HEADER, by)])


@pytest.fixture
def log() -> Iterator[Log]:
    with structlog.testing.capture_logs() as records:
        yield records


@pytest.fixture
def hits(payment: Callable[..., Transaction]) -> Callable[..., tuple[RuleHit, ...]]:
    def hits(policy: Policy, now_ms: int = 0, **fields: Any) -> tuple[RuleHit, ...]:
        return policy.rules_of(payment(**fields), 10.0, lambda *_: Totals(0, 0.0), now_ms)

    return hits


def watched(file: Path, *changes: ListChange) -> tuple[PolicyFile, TopicLists]:
    lists = TopicLists()
    policy = PolicyFile(file, topic_lists=lists)
    lists.take(changes)
    lists.finish_beginning()
    return policy, lists


def events(log: Log) -> list[str]:
    return [record["event"] for record in log if record["event"].startswith("list ")]


def test_an_entry_applies_until_it_is_removed(write: Callable[..., Path], hits: Any, log: Log) -> None:
    policy, lists = watched(write(topic_list("blocked")))
    assert hits(policy.current, merchant_id="m1") == ()

    lists.take([put("blocked", "m1")])

    expected = RuleHit(rule="lists.blocked", verdict="decline", text="The merchant is on the list blocked: case 17")
    assert hits(policy.current, merchant_id="m1") == (expected,)
    assert hits(policy.current, merchant_id="m2") == ()
    assert lists.counts == ListCounts({"blocked": 1})

    lists.take([put("blocked", "m1", reason="case 18"), put("blocked", "m1", reason="case 18")])
    assert hits(policy.current, payee_id="m1")[0].text == "The payee is on the list blocked: case 18"

    lists.take([removal("blocked", "m1"), removal("blocked", "m1")])
    assert hits(policy.current, merchant_id="m1") == ()
    assert lists.counts == ListCounts({"blocked": 0})
    changes = [(record["event"], record["list"], record["by"]) for record in log if record["event"] in events(log)]
    assert changes == [
        ("list entry added", "blocked", "m.keller"),
        ("list entry changed", "blocked", "m.keller"),
        ("list entry removed", "blocked", "s.lang"),
    ]
    assert not [record for record in log if "m1" in str(record)], "no value is logged"


def test_the_hash_is_that_of_the_files(write: Callable[..., Path]) -> None:
    file = write(topic_list("blocked"))
    policy, lists = watched(file)

    lists.take([put("blocked", "m1")])

    assert policy.current.hash == read_policy(file).hash
    assert policy.current == read_policy(file)


def test_an_entry_expires_by_the_clock(write: Callable[..., Path], hits: Any) -> None:
    policy, _ = watched(write(topic_list("blocked")), put("blocked", "m1", until_ms=UNTIL_MS))

    assert len(hits(policy.current, UNTIL_MS - 1, merchant_id="m1")) == 1
    assert hits(policy.current, UNTIL_MS, merchant_id="m1") == ()


def test_lists_from_files_and_from_the_topic_share_a_value(write: Callable[..., Path], hits: Any) -> None:
    file_list = '[[lists]]\nname = "b"\nfield = "merchant"\nverdict = "decline"\nfile = "b.csv"\n'
    text = topic_list("a") + file_list + topic_list("c")
    policy, lists = watched(write(text, b="value,reason,by,until\nm1,case 4,m.keller,\n"))

    lists.take([put("c", "m1"), put("a", "m1")])
    assert [hit.rule for hit in hits(policy.current, merchant_id="m1")] == ["lists.a", "lists.b", "lists.c"]

    lists.take([removal("a", "m1"), removal("b", "m1"), removal("c", "m1")])
    assert [hit.rule for hit in hits(policy.current, merchant_id="m1")] == ["lists.b"], "a file's stays"


def test_entries_of_other_lists_wait_for_a_policy_that_names_them(
    write: Callable[..., Path], hits: Any, log: Log
) -> None:
    policy, lists = watched(write(topic_list("blocked")), put("blocked", "m1"), put("phones", "dev-1"))
    assert lists.counts == ListCounts({"blocked": 1}, ignored=1)
    lists.take([put("phones", "dev-2")])
    assert events(log) == []

    write(topic_list("phones", "device", "review"))
    assert policy.refresh()

    assert [hit.rule for hit in hits(policy.current, device_id="dev-2", merchant_id="m1")] == ["lists.phones"]
    assert lists.counts == ListCounts({"phones": 2}, ignored=1)

    write(topic_list("blocked") + topic_list("phones", "device", "review"))
    assert policy.refresh()
    lists.take([removal("phones", "dev-2")])
    assert [hit.rule for hit in hits(policy.current, device_id="dev-2", merchant_id="m1")] == ["lists.blocked"]


@pytest.mark.parametrize(
    ("field", "value"), [("country", "France"), ("account", "4111111111111112"), ("device", " blank")]
)
def test_a_value_that_is_not_of_its_lists_kind_is_refused_once(
    write: Callable[..., Path], log: Log, field: str, value: str
) -> None:
    policy, lists = watched(write(topic_list("x", field)))

    lists.take([put("x", value), put("x", value, reason="again")])
    write(topic_list("x", field) + "# touched\n")
    assert policy.refresh()

    assert lists.counts == ListCounts({"x": 0}, refused=1)
    assert events(log) == ["list value refused"]
    assert not [record for record in log if value in str(record)]

    lists.take([removal("x", value)])
    assert lists.counts == ListCounts({"x": 0})


def test_what_the_topic_held_at_the_start_is_one_line(write: Callable[..., Path], log: Log) -> None:
    watched(write(topic_list("x")), put("x", "m1"), put("x", "m2"), removal("x", "m1"), put("y", "m1"))

    (line,) = [record for record in log if record["event"].startswith("list")]
    assert line == {"event": "lists read", "log_level": "info", "entries": 1, "ignored": 1, "refused": 0}


def test_a_record_says_what_it_says() -> None:
    record = put("x", "a/b", until_ms=UNTIL_MS)
    assert (record.list_name, record.value, record.by) == ("x", "a/b", "m.keller")
    assert record.listed is not None
    assert record.listed.until_ms == UNTIL_MS
    assert removal("x", "a/b", "s.lang") == ListChange("x", "a/b", None, "s.lang")


@pytest.mark.parametrize("by", [CARD, "a\nb", "", b"\xff" * 200])
def test_who_removed_a_value_is_not_taken_from_a_name_that_no_log_may_show(by: str | bytes) -> None:
    assert removal("x", "m1", by).by is None


@pytest.mark.parametrize("key", [None, b"", b"blocked", b"\xff/\xff"])
def test_a_removal_of_what_is_not_there_does_nothing(write: Callable[..., Path], key: bytes | None) -> None:
    _, lists = watched(write(topic_list("blocked")), put("blocked", "m1"))

    lists.take([list_change(key, None)])

    assert lists.counts == ListCounts({"blocked": 1})


@pytest.mark.parametrize(
    ("key", "changes", "reason"),
    [
        ("x/m2", {}, "its key is not LIST/VALUE of what it holds"),
        (None, {}, "its key is not LIST/VALUE of what it holds"),
        (f"x/{CARD}", {"value": CARD}, "value: holds a card number or an IBAN"),
        ("x/m1", {"reason": f"pays {CARD}"}, "reason: holds a card number or an IBAN"),
        ("x/m1", {"reason": "two\nlines"}, "reason must be one line of text, 200 characters at most"),
        ("x/m1", {"by": " "}, "by must be the name of who added it"),
        ("x/m1", {"until_ms": "2027-01-31"}, "until_ms: Input should be a valid integer"),
        ("a b/m1", {"list_name": "a b"}, "list_name: String should match pattern"),
        ("x/m1", {"schema_version": 2}, "schema_version: Input should be less than or equal to 1"),
    ],
)
def test_a_record_that_is_refused_says_why_and_not_what(key: str | None, changes: dict[str, Any], reason: str) -> None:
    fields = {"schema_version": 1, "list_name": "x", "value": "m1", "reason": "r", "by": "b"} | changes
    record = ListedValue.model_construct(**fields).model_dump_json(warnings=False)

    with pytest.raises(RefusedListRecordError) as refused:
        list_change(key, record)

    assert str(refused.value).startswith(reason)
    assert CARD not in str(refused.value)


@pytest.mark.parametrize("value", [b"", b"{", b"\xff", b"[]", b"null", CARD.encode()])
def test_what_is_no_record_is_refused(value: bytes) -> None:
    with pytest.raises(RefusedListRecordError) as refused:
        list_change("x/m1", value)

    assert CARD not in str(refused.value)


def test_refused_records_are_counted_and_change_nothing(write: Callable[..., Path], hits: Any) -> None:
    policy, lists = watched(write(topic_list("x")), put("x", "m1"))

    lists.take([], refused_records=2)

    assert lists.counts == ListCounts({"x": 1}, refused=2)
    assert len(hits(policy.current, merchant_id="m1")) == 1
