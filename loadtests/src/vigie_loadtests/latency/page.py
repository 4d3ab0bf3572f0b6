"""The report as a page with a chart of each second."""

import base64
import html
import io
from collections.abc import Sequence

import numpy as np

from vigie_loadtests.latency.events import Event
from vigie_loadtests.latency.readings import Readings
from vigie_loadtests.latency.report import LoadReport
from vigie_loadtests.latency.text import as_text
from vigie_runtime.percentiles import value_at_percentile

COLOURS = {"checkpoint": "#8a8a8a", "thresholds": "#6a4fb3", "model": "#1f6fb2", "crash": "#b3261e"}


def as_page(report: LoadReport, broken: Sequence[str], readings: Readings) -> str:
    """HTML that needs no other file."""
    result = "All budgets kept." if not broken else "Missed: " + "; ".join(broken) + "."
    chart = _chart(readings.first(), [impact.event for impact in report.impacts])
    return _PAGE.format(result=html.escape(result), text=html.escape(as_text(report, broken)), chart=chart)


def _chart(readings: Readings, events: Sequence[Event]) -> str:
    """PNG of latency percentiles by second, events marked, as base64."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    start = int(readings.due_us.min())
    second = (readings.due_us - start) // 1_000_000
    seconds = np.unique(second)
    figure, axes = plt.subplots(figsize=(11, 4.4), layout="constrained")
    for percentile, name, colour in ((50, "p50", "#2a7f62"), (99, "p99", "#d98324"), (100, "longest", "#b3261e")):
        values = [value_at_percentile(np.sort(readings.latencies_ms[second == at]), percentile) for at in seconds]
        axes.plot(seconds, values, color=colour, label=name, linewidth=1.2)
    named: set[str] = set()
    for event in events:
        label = None if event.kind in named else event.kind
        named.add(event.kind)
        begin, end = event.from_ms / 1000 - start / 1e6, event.until_ms / 1000 - start / 1e6
        axes.axvspan(begin, max(end, begin + 0.5), color=COLOURS[event.kind], alpha=0.25, label=label)
    axes.set(yscale="log", xlabel="seconds", ylabel="ms, due to read", title="Latency, second by second")
    axes.grid(alpha=0.3)
    axes.legend(ncols=7, loc="upper right")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    plt.close(figure)
    return base64.b64encode(buffer.getvalue()).decode()


_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Vigie under load</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }}
pre {{ font-size: 13px; overflow-x: auto; }} img {{ max-width: 100%; }}
</style>
<h1>Vigie under load</h1><p><strong>{result}</strong></p>
<img alt="Latency percentiles by second with events marked" src="data:image/png;base64,{chart}">
<pre>{text}</pre></html>
"""
