"""report.html: one page without a single outside resource, and nothing on it that its own policy would refuse."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from trainer.quality.ranking import Figures
from vigie_backtest import charts
from vigie_backtest.progress import number, percent, rows_of

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Curves:
    """What only the page shows: precision over recall by name, and the slider's table, both of the first seed."""

    precision_recall: dict[str, list[list[float]]]
    what_if: Figures


def render(report: Figures, curves: Curves) -> str:
    """The page's text; style and script stand in it, allowed by their hashes alone."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "number": number, "whole": whole, "money": money, "duration": duration}
    style, script = _text("report.css"), _text("report.js")
    first = cast(Mapping[str, Figures], report["by_seed"])[str(cast(list[int], report["seeds"])[0])]
    slider = curves.what_if | {"start": start_of_slider(report, curves.what_if)}
    return environment.get_template("report.html.j2").render(
        report=report,
        first=first,
        rows=rows_of(report),
        headline=headline(report),
        first_reasons=sorted_reasons(cast(Figures, report["mean"])),
        curve=charts.curve_chart(curves.precision_recall),
        drift=charts.drift_chart(cast(list[dict], first["score_drift"])),
        size=charts,
        style=Markup(style),  # noqa: S704 - our own files
        script=Markup(script),  # noqa: S704
        slider=Markup(_json(slider)),  # noqa: S704 - escaped for a script element
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def headline(report: Figures) -> str:
    """The result in one sentence."""
    settings, mean = cast(Figures, report["settings"]), cast(Figures, report["mean"])
    shown = str(settings["shown_budget"])
    flagged = f"{float(shown) * 100:g}\u00a0%"
    found = _at(mean, shown)
    if found["recall"] is None:
        own = cast(Figures, mean["own_thresholds"])
        return (
            f"Vigie alerts on {percent(own['alert_share'])} of these transactions; without labelled fraud, that is all."
        )
    alone = _at(cast(Mapping[str, Figures], report["baselines"])["amount"], shown)
    return (
        f"At {flagged} flagged, Vigie finds {_rounded(found['recall'])} of the fraud at {_rounded(found['precision'])} "
        f"precision; the amount alone finds {_rounded(alone['recall'])}."
    )


def sorted_reasons(mean: Figures) -> list[Figures]:
    """Features by how often they are the first reason, wrong alerts first; those that never are left out."""
    groups = cast(Mapping[str, Mapping[str, Figures]], mean["first_reasons"])
    shown, right = groups.get("wrong", groups.get("all", {})), groups.get("right", {})
    rows = [
        {"feature": name, "share": each["share"], "right_share": right.get(name, {}).get("share", 0.0)}
        for name, each in shown.items()
    ]
    ordered = sorted(rows, key=lambda row: (-float(str(row["share"])), -float(str(row["right_share"]))))
    return [row for row in ordered if row["share"] or row["right_share"]]


def start_of_slider(report: Figures, table: Figures) -> int:
    """Step of the slider nearest to the shown budget."""
    wanted = float(str(cast(Figures, report["settings"])["shown_budget"])) * float(str(table["rows"]))
    alerts = cast(list[int], table["alerts"])
    return min(range(len(alerts)), key=lambda step: abs(alerts[step] - wanted))


def whole(value: object) -> str:
    """`12345.6` → `12,346`, a dash where it is not known."""
    return f"{value:,.0f}" if isinstance(value, (int, float)) else "-"


def money(value: object) -> str:
    """Amount in EUR with two decimals."""
    return f"{value:,.2f}\u00a0EUR" if isinstance(value, (int, float)) else "-"


def duration(hours: object) -> str:
    """Hours, or days where it is more than three."""
    if not isinstance(hours, (int, float)):
        return "-"
    return f"{hours:.1f}\u00a0h" if hours <= 72 else f"{hours / 24:.0f}\u00a0days"


def _at(figures: Figures, budget: str) -> Figures:
    return cast(Mapping[str, Figures], figures["at_budget"])[budget]


def _rounded(share: object) -> str:
    return f"{share * 100:.0f}\u00a0%" if isinstance(share, (int, float)) else "-"


def _text(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _json(table: Figures) -> str:
    return json.dumps(table, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
