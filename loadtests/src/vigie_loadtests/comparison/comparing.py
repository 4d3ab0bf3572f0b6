"""From the figures of two commits' runs to what has been lost between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Figures = Mapping[str, float]
"""The top level of a run's report.json."""

ALLOWED_LOSS = {
    "p50_ms": 0.15,
    "p95_ms": 0.25,
    "p99_ms": 0.35,
    "longest_checkpoint_ms": 1.0,
    "longest_thresholds_ms": 1.0,
    "longest_model_ms": 1.0,
    "longest_crash_ms": 0.5,
    "cpu_ms_spark_detector": 0.15,
}
"""Two runs of one commit on a shared runner differ by about half of these: the rarer the latency, the wider."""
NEGLIGIBLE_MS = 1.0
"""Below this a relative loss says more about the clock than about the code."""


@dataclass(frozen=True)
class Comparison:
    """One figure of both commits."""

    figure: str
    base: float
    head: float
    allowed: float

    @property
    def change(self) -> float:
        """Relative change from base to head; positive: slower."""
        return self.head / self.base - 1 if self.base > 0 else 0.0

    @property
    def is_loss(self) -> bool:
        """Whether it is more than what chance makes."""
        return self.change > self.allowed and self.head - self.base > NEGLIGIBLE_MS

    def sentence(self) -> str:
        """For people."""
        result = "LOST" if self.is_loss else "kept"
        return (
            f"{result}  {self.figure}: {self.base:.1f} -> {self.head:.1f} ms "
            f"({self.change:+.0%}, allowed +{self.allowed:.0%})"
        )


def compare(base: Sequence[Figures], head: Sequence[Figures]) -> list[Comparison]:
    """The least of each commit's runs, figure by figure: what disturbs a run only makes it slower.

    Figures that a commit's runs have not, such as the wait of a crash that none was asked for, are left out.
    """
    return [
        Comparison(figure, min(run[figure] for run in base), min(run[figure] for run in head), allowed)
        for figure, allowed in ALLOWED_LOSS.items()
        if all(figure in run for run in (*base, *head))
    ]


def incomplete(head: Sequence[Figures]) -> list[str]:
    """One sentence for each run that lost or repeated transactions, which no speed makes good."""
    return [
        f"a run scored {run['scored']:.0f} of {run['sent']:.0f} transactions and {run['repeated']:.0f} of them twice"
        for run in head
        if run["scored"] < run["sent"] or run["repeated"]
    ]
