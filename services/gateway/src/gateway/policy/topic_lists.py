"""Entries that come by the topic: kept for every list, and put into the look-up of the policy in use."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.policy.lists import ListEntry, PolicyList
from gateway.policy.policy import Policy
from gateway.policy.reading.kinds import LISTED, UnfitError
from vigie_runtime import get_logger
from vigie_schemas import ListedValue

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ListChange:
    """What a record says of a value: that it is on the list, or, without `listed`, that it is not any more."""

    list_name: str
    value: str
    listed: ListedValue | None
    by: str | None
    """None: the record does not say."""


@dataclass(frozen=True, slots=True)
class ListCounts:
    """How much of the topic is in use; expired entries count as entries until they are removed."""

    entries: Mapping[str, int] = field(default_factory=dict)
    """By list, of those that the policy takes from the topic."""
    ignored: int = 0
    """Values of lists that the policy does not take from the topic."""
    refused: int = 0
    """Records that could not be read, and values that are not of their list's kind."""


class TopicLists:
    """What was read from the topic. The thread that reads it and the one that reads policies both come here."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listed: dict[str, dict[str, ListedValue]] = {}
        """By list and value, of every list: one that the policy names later has its entries at once."""
        self._policy: Policy | None = None
        self._lists: dict[str, PolicyList] = {}
        self._unfit: set[tuple[str, str]] = set()
        self._refused_records = 0
        self._is_read = False
        self.counts = ListCounts()

    def use(self, policy: Policy) -> None:
        """Give a policy that is about to be used its entries, and from then on what changes."""
        with self._lock:
            self._policy = policy
            self._lists = {each.name: each for each in policy.lists if each.is_from_topic}
            self._unfit = {unfit for unfit in self._unfit if unfit[0] in self._lists}
            for name, each in self._lists.items():
                for listed in self._listed.get(name, {}).values():
                    self._put(policy, each, listed)
            self._count()

    def take(self, changes: Sequence[ListChange], refused_records: int = 0) -> None:
        """Apply what records say, in their order, at once; `refused_records` came with them and say nothing."""
        with self._lock:
            for change in changes:
                self._apply(change)
            self._refused_records += refused_records
            self._count()

    def finish_beginning(self) -> None:
        """All that the topic held at the start has been taken: each change after it is one that somebody made now."""
        with self._lock:
            self._is_read = True
            counts = self.counts
        entries = sum(counts.entries.values())
        log.info("lists read", entries=entries, ignored=counts.ignored, refused=counts.refused)

    def _apply(self, change: ListChange) -> None:
        before = self._keep(change)
        each = self._lists.get(change.list_name)
        if self._policy is None or each is None or before == change.listed:
            return
        if change.listed is None:
            self._remove(self._policy, each, change)
        elif self._put(self._policy, each, change.listed) and self._is_read:
            if before is None:
                log.info("list entry added", list=each.name, by=change.by)
            else:
                log.info("list entry changed", list=each.name, by=change.by)

    def _keep(self, change: ListChange) -> ListedValue | None:
        """Note what the record says; what was known before it."""
        if change.listed is None:
            return self._listed.get(change.list_name, {}).pop(change.value, None)
        of_list = self._listed.setdefault(change.list_name, {})
        before = of_list.get(change.value)
        of_list[change.value] = change.listed
        return before

    def _put(self, policy: Policy, each: PolicyList, listed: ListedValue) -> bool:
        """Whether the value may be on this list."""
        place = (each.name, listed.value)
        kind = LISTED[each.field]
        try:
            value = kind.read(listed.value)
        except UnfitError:
            if place not in self._unfit:
                self._unfit.add(place)
                log.warning("list value refused", list=each.name, reason=f"must be {kind.words}")
            return False
        self._unfit.discard(place)
        policy.lookup.put(each, ListEntry(value, listed.reason, listed.by, listed.until_ms))
        return True

    def _remove(self, policy: Policy, each: PolicyList, change: ListChange) -> None:
        place = (each.name, change.value)
        if place in self._unfit:
            self._unfit.remove(place)
            return
        policy.lookup.remove(each, change.value)
        if self._is_read:
            log.info("list entry removed", list=each.name, by=change.by)

    def _count(self) -> None:
        known = {name: len(values) for name, values in self._listed.items()}
        unfit = _by_list(self._unfit)
        self.counts = ListCounts(
            {name: known.get(name, 0) - unfit.get(name, 0) for name in self._lists},
            sum(values for name, values in known.items() if name not in self._lists),
            self._refused_records + len(self._unfit),
        )


def _by_list(places: Iterable[tuple[str, str]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name, _ in places:
        counts[name] = counts.get(name, 0) + 1
    return counts
