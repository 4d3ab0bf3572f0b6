"""Two pictures of a training, drawn without a display."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from trainer.logged_features import Floats
from trainer.thresholds import segment_rows
from vigie_schemas import FeatureRange, Threshold

COLOURS = ("tab:orange", "tab:blue")


def draw_scores(
    folder: Path,
    scores: Floats,
    established: NDArray[np.bool_],
    thresholds: Mapping[str, Threshold],
    alert_budget: float,
) -> Path:
    """Histogram of the scores, one for each row, by segment, with the thresholds; returns the file's path."""
    figure, path = _figure(9, 5), folder / "scores.png"
    axes = figure.add_subplot()
    bins = np.linspace(float(scores.min()), float(scores.max()) + 1e-9, 81)
    for colour, (segment, rows) in zip(COLOURS, segment_rows(established).items(), strict=True):
        level = thresholds[segment].threshold
        axes.hist(scores[rows], bins=bins.tolist(), color=colour, alpha=0.5, label=f"{segment}, {int(rows.sum())} rows")
        axes.axvline(level, color=colour, linestyle="--", label=f"alerts from {level:.3f}")
    axes.set_yscale("symlog")
    axes.set_xlabel("score, near 1 is most unusual")
    axes.set_ylabel("transactions")
    axes.set_title(f"Scores on the training rows, alert budget {alert_budget:.2%}")
    axes.legend()
    figure.savefig(path)
    return path


def draw_features(folder: Path, ranges: Mapping[str, FeatureRange]) -> Path:
    """Median and 99th percentile of each feature."""
    figure, path = _figure(9, 6), folder / "features.png"
    axes = figure.add_subplot()
    names = list(ranges)
    places = np.arange(len(names))
    axes.barh(places, [ranges[name].tail for name in names], color="tab:blue", alpha=0.4, label="99th percentile")
    axes.scatter([ranges[name].usual for name in names], places, color="tab:blue", zorder=2, label="median")
    axes.set_yticks(places, names)
    axes.invert_yaxis()
    axes.set_xlabel("value, each in its own unit")
    axes.set_title("Where features usually lie and where their tails begin")
    figure.legend(loc="outside lower right", ncols=2)  # every part of the axes may hold a bar
    figure.savefig(path)
    return path


def _figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)  # a figure of its own: pyplot would keep it and ask for a display
    return figure
