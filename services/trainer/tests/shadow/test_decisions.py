"""Whose word counts, and what is carried out in which order: by hand, without a registry."""

from typing import cast

import pytest

from trainer import TrainerSettings
from trainer.shadow.decisions import APPROVAL_GATE, Decisions
from trainer.shadow.registry import ShadowRegistry
from trainer.shadow.watch import Watch
from vigie_schemas import Approval, Gate, ShadowReport

NOW_MS = 1_790_000_000_000


class Registry:
    """Remembers what is carried out."""

    def __init__(self) -> None:
        self.done: list[tuple[object, ...]] = []

    def write_report(self, version: int, text: str) -> None:
        self.done.append(("report", version, text.splitlines()[2]))

    def promote(self, version: int, *, by: str, why: str, now_ms: int, is_rollback: bool = False) -> None:
        self.done.append(("promote", version, by, why, is_rollback))

    def end_challenge(self, version: int, outcome: str) -> None:
        self.done.append(("end", version, outcome))


class Watched:
    """A challenge whose gates are set by hand."""

    def __init__(self, version: int = 5, since_ms: int = NOW_MS - 1_000, asked_by: str = "ana") -> None:
        self.since_ms = since_ms
        self.asked_by = asked_by
        self.watched: bool | None = True
        self.ranking: bool | None = True

        class challenger:  # noqa: N801
            pass

        self.challenger = challenger
        self.challenger.version = version  # pyright: ignore[reportAttributeAccessIssue]

    def report(self, now_ms: int, *, rows: int, seconds: float) -> ShadowReport:
        gates = {"watched": self.watched, "average precision": self.ranking}
        return ShadowReport(
            schema_version=1,
            challenger_version=self.challenger.version,  # pyright: ignore[reportAttributeAccessIssue]
            champion_version=4,
            state="watching",
            asked_by=self.asked_by,
            since_ms=self.since_ms,
            at_ms=now_ms,
            rows=rows,
            champion_alerts=0,
            challenger_alerts=0,
            common_alerts=0,
            frauds=0,
            gates=[Gate(name=name, is_passed=passed, sentence="by hand") for name, passed in gates.items()],
            one_sided=[],
        )


def word(by: str, *, approves: bool = True, version: int = 5, at_ms: int = NOW_MS) -> Approval:
    return Approval(
        schema_version=1, challenger_version=version, is_approved=approves, by=by, why="because", at_ms=at_ms
    )


@pytest.fixture
def registry() -> Registry:
    return Registry()


def decisions(registry: Registry, promotion: str) -> Decisions:
    settings = TrainerSettings(promotion=promotion)  # pyright: ignore[reportArgumentType]
    return Decisions(settings, cast("ShadowRegistry", registry), clock=lambda: NOW_MS / 1_000)


def said(report: ShadowReport | None) -> str:
    assert report is not None
    return next((gate.sentence for gate in report.gates if gate.name == APPROVAL_GATE), "")


def test_what_passed_is_promoted_after_its_report_is_written(registry: Registry) -> None:
    watch = Watched()
    report = decisions(registry, "automatic").on(cast("Watch", watch))

    assert report is not None
    assert report.state == "promoted"
    assert [one[0] for one in registry.done] == ["report", "promote", "end"]
    assert registry.done[1][1:3] == (5, "trainer")


@pytest.mark.parametrize("promotion", ["automatic", "approve"])
def test_what_did_not_pass_is_rejected_whoever_approved_it(registry: Registry, promotion: str) -> None:
    one, watch = decisions(registry, promotion), Watched()
    watch.ranking = False
    one.hear([word("berta")], cast("Watch", watch))
    report = one.on(cast("Watch", watch))

    assert report is not None
    assert report.state == "rejected"
    assert registry.done[-1] == ("end", 5, "rejected by trainer: did not pass: average precision")


def test_an_approval_given_early_counts_once_the_gates_are_passed(registry: Registry) -> None:
    one, watch = decisions(registry, "approve"), Watched()
    watch.watched = None
    one.hear([word("berta")], cast("Watch", watch))

    early = one.on(cast("Watch", watch))
    assert early is not None
    assert early.state == "watching"
    watch.watched = True
    late = one.on(cast("Watch", watch))

    assert late is not None
    assert (late.state, late.decided_by) == ("promoted", "berta")


@pytest.mark.parametrize("by", ["ana", " Ana", "ANA "])
def test_whoever_made_it_challenger_is_refused_by_any_spelling(registry: Registry, by: str) -> None:
    one, watch = decisions(registry, "approve"), Watched()
    one.hear([word(by)], cast("Watch", watch))

    report = one.on(cast("Watch", watch))

    assert report is not None
    assert report.state == "awaiting_approval"
    assert "another person" in said(report)
    assert not registry.done
    assert "other than trainer" in said(one.on(cast("Watch", Watched(6, asked_by="trainer"))))


def test_the_last_word_stands_and_a_word_on_an_earlier_challenge_says_nothing(registry: Registry) -> None:
    one, watch = decisions(registry, "approve"), Watched()
    watch.watched = None
    one.hear(
        [word("berta"), word("carl", approves=False), word("berta"), word("dora", version=4)], cast("Watch", watch)
    )
    assert one.on(cast("Watch", watch)) is not None
    assert not registry.done
    one.hear([word("carl", approves=False)], cast("Watch", watch))
    rejected = one.on(cast("Watch", watch))
    assert rejected is not None
    assert (rejected.state, rejected.decided_by) == ("rejected", "carl")

    again = Watched(since_ms=NOW_MS + 1)
    report = one.on(cast("Watch", again))

    assert report is not None
    assert report.state == "awaiting_approval"
