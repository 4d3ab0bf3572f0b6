"""Restores the tally from the store, and commits the tally to it."""

from collections.abc import Mapping, Sequence
from typing import Final

from metrics_sink.figures.tally import Tally
from metrics_sink.intake.seconds import Place
from metrics_sink.storage.seen_ids import SEEN_ALERTS, SEEN_VERDICTS
from metrics_sink.storage.store import Commit, Store
from vigie_runtime.offsets import KeptOffset

TALLY: Final = "tally"
DRIFT: Final = "drift"
OFFSETS: Final = "offsets"
FIRST_OPEN: Final = "first_open"


class Journal:
    """Commits closed seconds; restores what was counted after a restart."""

    def __init__(self, store: Store, tally: Tally) -> None:
        self._store = store
        self._tally = tally

    def restore(self) -> dict[Place, KeptOffset] | None:
        """Restore the tally; the offsets to continue reading at, or None on the first start."""
        offsets = self._store.part(OFFSETS)
        if offsets is None:
            return None
        tally, drift = self._tally, self._store.part(DRIFT)
        tally.restore(self._store.part(TALLY))
        tally.seen_alerts.restore(self._store.seen_ids(SEEN_ALERTS))
        tally.gateway.seen.restore(self._store.seen_ids(SEEN_VERDICTS))
        tally.labelled.restore_early(self._store.early_labels())
        tally.drift.restore(drift["version"], drift["bins"], self._store.drift_minutes())
        return {(topic, partition): KeptOffset(*kept) for topic, partition, *kept in offsets}

    def first_open(self) -> int | None:
        """The second after the last committed one."""
        return self._store.part(FIRST_OPEN)

    def commit(
        self, blocks: Sequence[Sequence[str]], offsets: Mapping[Place, KeptOffset], first_open: int, *, sent_up_to: int
    ) -> None:
        """Commit the points of closed seconds, the tally, and the offsets to continue at, in one transaction."""
        tally = self._tally
        changes = tally.labelled.take_changes()
        self._store.commit(
            Commit(
                parts={
                    TALLY: tally.state(),
                    DRIFT: tally.drift.state(),
                    OFFSETS: [(*place, *kept) for place, kept in offsets.items()],
                    FIRST_OPEN: first_open,
                },
                blocks=[(len(lines), "\n".join(lines).encode()) for lines in blocks if lines],
                decisions=changes.decisions,
                early=changes.early,
                alerts=tally.seen_alerts.take_new(),
                verdicts=tally.gateway.seen.take_new(),
                drift=tally.drift.take_changes(),
                sent_up_to=sent_up_to,
            )
        )
