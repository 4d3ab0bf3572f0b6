"""`[[lists]]`: their entries from the policy itself, from a file beside it, or later from the topic."""

from collections.abc import Callable
from typing import Final

from gateway.policy.lists import ListEntry, ListField, PolicyList
from gateway.policy.reading.kinds import BY, FILE, LIST_FIELD, LISTED, NAME, REASON, TRUE, UNTIL, VERDICT
from gateway.policy.reading.list_files import EXPIRED, ListFileReader
from gateway.policy.reading.tables import PolicyTable, once
from gateway.policy.reading.toml_lines import TomlPath
from vigie_runtime import InputError

ENTRIES_FROM: Final = ("entries", "file", "topic")
"""Keys of which a list has exactly one."""

ReadFile = Callable[[str], bytes]
"""Content of a file beside the policy; raises InputError where it cannot be read."""


def read_lists(root: PolicyTable, read_file: ReadFile, now_ms: int) -> tuple[PolicyList, ...]:
    """The lists in their order, with the entries of their files."""
    known: dict[str, TomlPath] = {}
    files: dict[str, TomlPath] = {}
    found = (_list(table, known, files, read_file, now_ms) for table in root.tables("lists"))
    return tuple(each for each in found if each is not None)


def _list(
    table: PolicyTable, known: dict[str, TomlPath], files: dict[str, TomlPath], read_file: ReadFile, now_ms: int
) -> PolicyList | None:
    name = once(table, table.needed("name", NAME), known)
    field = table.needed("field", LIST_FIELD)
    verdict = table.needed("verdict", VERDICT)
    file = table.optional("file", FILE)
    is_from_topic = table.optional("topic", TRUE) or False
    entries = _inline_entries(table, field, now_ms)
    table.close()
    given = [key for key in ENTRIES_FROM if key in table]
    if len(given) != 1:
        which = f"give one of them, not {' and '.join(given)}" if given else "give one of them"
        table.problems.add(
            table.path, f"has its entries from [[lists.entries]], from file or from the topic (topic = true): {which}"
        )
    elif file is not None:
        entries = _entries_of_file(table, file, field, files, read_file, now_ms)
    if name is None or field is None or verdict is None:
        return None
    return PolicyList(name, field, verdict, entries, is_from_topic)


def _inline_entries(parent: PolicyTable, field: ListField | None, now_ms: int) -> tuple[ListEntry, ...]:
    entries: dict[str, ListEntry] = {}
    lines: dict[str, int | None] = {}
    for table in parent.tables("entries"):
        value = table.needed("value", LISTED[field or "merchant"])
        reason, by = table.needed("reason", REASON), table.needed("by", BY)
        until_ms = table.optional("until", UNTIL)
        table.close()
        if until_ms is not None and until_ms <= now_ms:
            table.problems.warn((*table.path, "until"), EXPIRED)
        if value is None or reason is None or by is None:
            continue
        if value in entries:
            table.problem("value", f"is on this list already, in line {lines[value]}: keep one of them")
        entries[value] = ListEntry(value, reason, by, until_ms)
        lines[value] = table.problems.lines.of((*table.path, "value"))
    return tuple(entries.values())


def _entries_of_file(
    table: PolicyTable,
    file: str,
    field: ListField | None,
    files: dict[str, TomlPath],
    read_file: ReadFile,
    now_ms: int,
) -> tuple[ListEntry, ...]:
    if file in files:
        table.problem("file", "is the file of another list too: give each list its own")
        return ()
    files[file] = table.path
    try:
        content = read_file(file)
    except InputError as error:
        table.problem("file", str(error))
        return ()
    return ListFileReader(file, field or "merchant", table.problems, now_ms).read(content)
