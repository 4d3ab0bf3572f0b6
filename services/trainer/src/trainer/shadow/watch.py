"""One challenger beside one champion: what both say of each row, at what cost, and what that comes to."""

from typing import Final

from trainer.shadow.gates import Watched, gates_of
from trainer.shadow.rows import JudgedRows
from trainer.shadow.side_by_side import SideBySide
from trainer.shadow.watching_model import Opinion, WatchingModel
from vigie_schemas import SCHEMA_VERSION, Gate, Label, ShadowReport

COMPARED_VISITS: Final = 5e6
"""Splits over which the cost of scoring is compared: some thousand rows."""


class Watch:
    """Rows that the champion judged, scored by the challenger as well."""

    def __init__(
        self,
        champion: WatchingModel,
        challenger: WatchingModel,
        *,
        asked_by: str,
        since_ms: int,
    ) -> None:
        self.champion = champion
        self.challenger = challenger
        self.asked_by = asked_by
        self.since_ms = since_ms
        self._side_by_side = SideBySide()
        self._visits = self._champions_visits = 0.0

    @property
    def rows(self) -> int:
        """How many rows both have scored."""
        return self._side_by_side.rows

    def take(self, rows: JudgedRows) -> tuple[JudgedRows, Opinion] | None:
        """Score those rows that this champion judged; None where there are none."""
        judged = rows.of(rows.model_versions == self.champion.version)
        if not len(judged):
            return None
        opinion = self.challenger.opinion(judged)
        if self._visits < COMPARED_VISITS:
            self._visits += self.challenger.visits(judged)
            self._champions_visits += self.champion.visits(judged)
        self._side_by_side.add(judged, opinion)
        return judged, opinion

    def take_label(self, label: Label) -> None:
        """Learn the truth of a row, whether it has come or not."""
        self._side_by_side.take_label(label)

    def report(self, now_ms: int, *, rows: int, seconds: float) -> ShadowReport | None:
        """How both compare now; None before the first row. `rows` and `seconds`: how long to watch at least."""
        compared = self._side_by_side.compared()
        if compared is None:
            return None
        waited = (now_ms - self.since_ms) / 1_000
        cost_ratio = self._visits / self._champions_visits if self._champions_visits else 1.0
        watched = Watched(compared, waited, cost_ratio, self.champion.calibration, self.challenger.calibration)
        gates: list[Gate] = gates_of(watched, rows=rows, seconds=seconds)
        return ShadowReport(
            schema_version=SCHEMA_VERSION,
            challenger_version=self.challenger.version,
            champion_version=self.champion.version,
            state="watching",
            asked_by=self.asked_by,
            since_ms=self.since_ms,
            at_ms=now_ms,
            rows=compared.rows,
            champion_alerts=int(compared.alerts.sum()),
            challenger_alerts=int(compared.challenger_alerts.sum()),
            common_alerts=int((compared.alerts & compared.challenger_alerts).sum()),
            frauds=compared.frauds,
            gates=gates,
            one_sided=compared.one_sided(),
        )
