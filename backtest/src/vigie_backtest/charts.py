"""Charts as coordinates: the template draws them as SVG in the colours of the page, light or dark."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 480
HEIGHT: Final = 290
LEFT, RIGHT, TOP, BOTTOM = 50, 14, 12, 34


@dataclass(frozen=True)
class ChartLine:
    """One curve: its name, its style's number and its SVG points."""

    name: str
    style: int
    points: str


@dataclass(frozen=True)
class Tick:
    """A mark on an axis."""

    at: float
    text: str


@dataclass(frozen=True)
class Chart:
    """What the template draws."""

    lines: list[ChartLine]
    across: list[Tick]
    up: list[Tick]
    title: str


def curve_chart(curves: dict[str, list[list[float]]]) -> Chart:
    """Precision over recall, both from 0 to 1."""
    lines = [
        ChartLine(name, number, _points([(x_of(recall), y_of(precision)) for recall, precision in points]))
        for number, (name, points) in enumerate(curves.items())
        if points
    ]
    shares = (0.0, 0.25, 0.5, 0.75, 1.0)
    return Chart(
        lines,
        [Tick(x_of(share), f"{share:.0%}") for share in shares],
        [Tick(y_of(share), f"{share:.0%}") for share in shares],
        "Precision (up) against recall (across)",
    )


def drift_chart(periods: Sequence[dict]) -> Chart:
    """Quantiles of the score over the evaluated part."""
    highest = max((period["p99"] for period in periods), default=1.0)
    lowest = min((period["p50"] for period in periods), default=0.0)
    step = next(size for size in (0.01, 0.02, 0.05, 0.1, 0.2) if highest - lowest < 5 * size or size == 0.2)
    floor, above = math.floor(lowest / step), math.floor(highest / step) + 1
    width = max(1, len(periods) - 1)

    def line(name: str, style: int) -> ChartLine:
        marks = [
            (x_of(number / width), y_of((period[name] / step - floor) / (above - floor)))
            for number, period in enumerate(periods)
        ]
        return ChartLine(name, style, _points(marks))

    return Chart(
        [line("p99", 0), line("p90", 1), line("p50", 2)],
        [Tick(x_of(number / width), periods[number]["from"][:10]) for number in _spread(len(periods))],
        [Tick(y_of((mark - floor) / (above - floor)), f"{mark * step:.2f}") for mark in range(floor, above + 1)],
        "Score (up) over time (across)",
    )


def x_of(share: float) -> float:
    """Position across of a share from 0 to 1."""
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def y_of(share: float) -> float:
    """Position down of a share from 0 to 1."""
    return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)


def _points(marks: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in marks)


def _spread(count: int) -> list[int]:
    """First, middle and last: more dates would not fit on a phone."""
    return sorted({0, (count - 1) // 2, count - 1}) if count else []
