"""What becomes of a challenger, and of a champion that proves worse than the one it replaced."""

import time
from collections.abc import Callable, Iterable
from typing import Final

from trainer.settings import TrainerSettings
from trainer.shadow.gates import verdict_of
from trainer.shadow.guard import Guard
from trainer.shadow.models import WatchedVersions
from trainer.shadow.registry import ShadowRegistry
from trainer.shadow.report_text import report_text
from trainer.shadow.watch import Watch
from vigie_runtime import get_logger
from vigie_schemas import Approval, Gate, ShadowReport
from vigie_schemas.challenger import is_same_person

log = get_logger(__name__)

BY_TRAINER: Final = "trainer"
APPROVAL_GATE: Final = "approval"


class Decisions:
    """Carries out in the registry what gates and people say; raises RegistryUnavailableError."""

    def __init__(
        self, settings: TrainerSettings, registry: ShadowRegistry, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._settings = settings
        self._registry = registry
        self._clock = clock
        self._word: Approval | None = None
        self._refused: tuple[int, str] | None = None
        """A challenger, and why the last approval of it did not count."""

    def hear(self, approvals: Iterable[Approval], watch: Watch) -> None:
        """Take people's word on this challenger; the last one that counts stands. Whoever made it challenger cannot."""
        for approval in approvals:
            if not _is_about(approval, watch):
                continue
            if approval.is_approved and is_same_person(approval.by, watch.asked_by):
                reason = f"{approval.by} made it challenger, so another person has to approve it"
                self._refused = watch.challenger.version, reason
                log.warning("approval refused", version=approval.challenger_version, reason=reason)
            else:
                self._word, self._refused = approval, None

    def on(self, watch: Watch) -> ShadowReport | None:
        """The report as it is now, after what it says was carried out; None while there is nothing to report."""
        needed = {"rows": self._settings.shadow_rows, "seconds": self._settings.shadow_seconds}
        report = watch.report(self._now_ms(), **needed)
        if report is None:
            return None
        verdict, word = verdict_of(report.gates), self._word_on(watch)
        if word is not None and not word.is_approved:
            return self._rejected(report, word.by, word.why)
        if verdict is False:
            failed = ", ".join(gate.name for gate in report.gates if gate.is_passed is False)
            return self._rejected(report, BY_TRAINER, f"did not pass: {failed}")
        if self._settings.promotion == "automatic":
            passed = f"passed its gates in shadow over {report.rows:,} transactions"
            return self._promoted(report, BY_TRAINER, passed) if verdict else report
        if verdict and word is not None:
            return self._promoted(report, word.by, word.why)
        refused = self._refused[1] if self._refused and self._refused[0] == watch.challenger.version else None
        return _waiting(report, is_passed=bool(verdict), refused=refused)

    def roll_back(self, guard: Guard, reason: str) -> None:
        """Make the version champion again that this one replaced."""
        before = guard.predecessor.version
        self._registry.promote(before, by=BY_TRAINER, why=reason, now_ms=self._now_ms(), is_rollback=True)
        log.error("champion rolled back", version=guard.champion_version, to_version=before, reason=reason)

    def refuse_unusable(self, found: WatchedVersions, reason: str) -> None:
        """End the challenge of a version that cannot be loaded, so that the next one is not held up."""
        if found.challenger is not None:
            self._registry.end_challenge(found.challenger.version, f"rejected: {reason}")
            log.warning("challenger rejected", version=found.challenger.version, by=BY_TRAINER, reason=reason)

    def _promoted(self, report: ShadowReport, by: str, why: str) -> ShadowReport:
        decided = report.model_copy(update={"state": "promoted", "decided_by": by, "decided_why": why})
        version = report.challenger_version
        self._registry.write_report(version, report_text(decided))
        self._registry.promote(version, by=by, why=why, now_ms=self._now_ms())
        self._registry.end_challenge(version, f"promoted by {by}: {why}")
        log.info("challenger promoted", version=version, by=by, reason=why)
        return decided

    def _rejected(self, report: ShadowReport, by: str, why: str) -> ShadowReport:
        decided = report.model_copy(update={"state": "rejected", "decided_by": by, "decided_why": why})
        version = report.challenger_version
        self._registry.write_report(version, report_text(decided))
        self._registry.end_challenge(version, f"rejected by {by}: {why}")
        log.warning("challenger rejected", version=version, by=by, reason=why)
        return decided

    def _word_on(self, watch: Watch) -> Approval | None:
        return self._word if self._word is not None and _is_about(self._word, watch) else None

    def _now_ms(self) -> int:
        return int(self._clock() * 1_000)


def _waiting(report: ShadowReport, *, is_passed: bool, refused: str | None) -> ShadowReport:
    """The report with the gate that only a person opens."""
    sentence = refused or f"waits for a person other than {report.asked_by}"
    gates = [*report.gates, Gate(name=APPROVAL_GATE, is_passed=None, sentence=sentence)]
    return report.model_copy(update={"gates": gates, "state": "awaiting_approval" if is_passed else report.state})


def _is_about(approval: Approval, watch: Watch) -> bool:
    """Whether it was said of this challenge: a version may be made challenger again."""
    return approval.challenger_version == watch.challenger.version and approval.at_ms >= watch.since_ms
