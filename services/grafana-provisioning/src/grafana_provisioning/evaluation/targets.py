"""Every query of the generated dashboards, with its dashboard and panel."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Target:
    """One query of a panel, or of an annotation, whose `panel` is then its name."""

    dashboard: str
    panel: str
    kind: str
    ref_id: str
    flux: str
    least_window: str | None
    """No window of `v.windowPeriod` is shorter, say 5m; none: as the width of the panel gives it."""

    def __str__(self) -> str:
        return f"{self.dashboard} / {self.panel} / {self.ref_id}"


def targets(folder: Path) -> list[Target]:
    """Queries of all panels and annotations under provisioning/, in order."""
    return [
        found for file in sorted(folder.glob("dashboards/json/*.json")) for found in _of(json.loads(file.read_text()))
    ]


def rules(folder: Path) -> dict[str, dict[str, Any]]:
    """Provisioned rules by their uid."""
    groups = json.loads((folder / "alerting" / "rules.json").read_text())["groups"]
    return {rule["uid"]: rule for group in groups for rule in group["rules"]}


def _of(board: dict[str, Any]) -> Iterator[Target]:
    def found(name: str, kind: str, target: dict[str, Any], least: str | None) -> Target:
        return Target(board["uid"], name, kind, target["refId"], target["query"], least)

    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield found(panel["title"], panel["type"], target, panel.get("interval"))
    for annotation in board["annotations"].get("list", []):
        yield found(annotation["name"], "annotation", annotation["target"], None)
