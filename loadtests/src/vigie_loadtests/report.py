"""From readings to figures, a page and a result."""

import base64
import html
import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vigie_runtime.percentiles import value_at_percentile

BUDGETS_MS = {"p50_ms": 25.0, "p95_ms": 50.0, "p99_ms": 100.0}


@dataclass(frozen=True)
class LoadReport:
    """The figures of one run; latencies from the producer's stamp to the record read back."""

    rate: float
    seconds: float
    sent: int
    scored: int
    repeated: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    p999_ms: float
    max_ms: float
    checkpoints: int

    def broken_budgets(self, asked_rate: float) -> list[str]:
        """One sentence for each budget that was missed; none: the run passed."""
        figures = asdict(self)
        broken = [
            f"{name} is {figures[name]:.1f} ms, the budget {limit:g} ms"
            for name, limit in BUDGETS_MS.items()
            if not figures[name] < limit
        ]
        if self.scored < self.sent:
            broken.append(f"{self.sent - self.scored} of {self.sent} transactions were not scored")
        if self.repeated:
            broken.append(f"{self.repeated} transactions were scored twice")
        if self.rate < 0.98 * asked_rate:
            broken.append(f"only {self.rate:.0f} of {asked_rate:.0f} transactions a second could be sent")
        if not self.checkpoints:
            broken.append("no checkpoint fell into the run: choose a longer DURATION")
        return broken


@dataclass(frozen=True)
class Readings:
    """What the reader wrote: one entry a record read."""

    sent: int
    numbers: npt.NDArray[np.int64]
    sent_us: npt.NDArray[np.int64]
    read_us: npt.NDArray[np.int64]

    @classmethod
    def load(cls, path: Path) -> "Readings":
        """Read the reader's file."""
        with np.load(path) as arrays:
            return cls(int(arrays["sent"]), arrays["numbers"], arrays["sent_us"], arrays["read_us"])


def summarise(readings: Readings, checkpoints_ms: list[int], warm_up_seconds: float) -> LoadReport:
    """Figures over the time after the warm-up; completeness over everything that was sent."""
    start_us = readings.sent_us.min() + int(warm_up_seconds * 1e6)
    is_measured = readings.sent_us >= start_us
    latencies = (readings.read_us - readings.sent_us)[is_measured] / 1000
    seconds = float(readings.sent_us.max() - start_us) / 1e6
    distinct = len(np.unique(readings.numbers))
    ascending = np.sort(latencies)
    p50, p95, p99, p999 = (float(value_at_percentile(ascending, share)) for share in (50.0, 95.0, 99.0, 99.9))
    return LoadReport(
        rate=round(float(np.count_nonzero(is_measured)) / seconds, 1),
        seconds=round(seconds, 1),
        sent=readings.sent,
        scored=distinct,
        repeated=len(readings.numbers) - distinct,
        p50_ms=round(p50, 2),
        p95_ms=round(p95, 2),
        p99_ms=round(p99, 2),
        p999_ms=round(p999, 2),
        max_ms=round(float(latencies.max()), 2),
        checkpoints=sum(bool(start_us / 1000 <= moment <= readings.sent_us.max() / 1000) for moment in checkpoints_ms),
    )


def write_report(
    folder: Path, report: LoadReport, broken: list[str], readings: Readings, checkpoints_ms: list[int]
) -> None:
    """Write report.json and report.html."""
    (folder / "report.json").write_text(json.dumps(asdict(report), indent=2) + "\n")
    rows = "".join(f"<tr><td>{html.escape(k)}</td><td>{v:,}</td></tr>" for k, v in asdict(report).items())
    result = "All budgets kept." if not broken else "Missed: " + "; ".join(broken) + "."
    (folder / "report.html").write_text(
        _PAGE.format(result=html.escape(result), rows=rows, chart=_chart(readings, checkpoints_ms))
    )


def _chart(readings: Readings, checkpoints_ms: list[int]) -> str:
    """PNG of latency percentiles by second, checkpoints marked, as base64."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    start = readings.sent_us.min()
    second = (readings.sent_us - start) // 1_000_000
    latencies = (readings.read_us - readings.sent_us) / 1000
    seconds = np.unique(second)
    figure, axes = plt.subplots(figsize=(11, 4.2), layout="constrained")
    for percentile, colour in ((50, "#2a7f62"), (95, "#d98324"), (99, "#b3261e")):
        values = [value_at_percentile(np.sort(latencies[second == number]), percentile) for number in seconds]
        axes.plot(seconds, values, color=colour, label=f"p{percentile}", linewidth=1.2)
    for number, moment in enumerate(checkpoints_ms):
        at = moment / 1000 - start / 1e6
        if 0 <= at <= seconds.max():
            axes.axvline(at, color="#555", linestyle=":", label="checkpoint" if number == 0 else None)
    axes.set(yscale="log", xlabel="seconds", ylabel="ms, sent to read back", title="Latency, second by second")
    axes.grid(alpha=0.3)
    axes.legend(ncols=4)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    plt.close(figure)
    return base64.b64encode(buffer.getvalue()).decode()


_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Vigie under load</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }}
td {{ padding: .15rem 1.5rem .15rem 0; font-variant-numeric: tabular-nums; }} img {{ max-width: 100%; }}
</style>
<h1>Vigie under load</h1><p><strong>{result}</strong></p>
<img alt="Latency percentiles by second with checkpoints marked" src="data:image/png;base64,{chart}">
<table>{rows}</table></html>
"""
