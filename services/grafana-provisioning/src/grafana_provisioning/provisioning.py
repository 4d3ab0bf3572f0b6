"""Every file Grafana is provisioned with, from the code in this package."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana_provisioning.alerting.groups import rule_groups
from grafana_provisioning.alerting.notifications import contact_points, policies
from grafana_provisioning.dashboards.all import dashboards
from grafana_provisioning.data_source import dashboard_provider, data_source


def provisioning_files(runbook: str) -> dict[str, str]:
    """Text of each file by its path below provisioning/; `runbook` is docs/operations.md, which Grafana shows too."""
    boards = {uid: _as_plain(board) for uid, board in dashboards(runbook).items()}
    return {
        "datasources/vigie.yaml": _yaml(data_source()),
        "dashboards/vigie.yaml": _yaml(dashboard_provider()),
        **{f"dashboards/json/{uid}.json": _json(board) for uid, board in boards.items()},
        "alerting/rules.json": _json(rule_groups(boards)),
        "alerting/contact-points.json": _json(contact_points(slack=False)),
        "alerting/contact-points-with-slack.json": _json(contact_points(slack=True)),
        "alerting/policies.json": _json(policies()),
    }


def write(files: Mapping[str, str], folder: Path) -> None:
    """Make the folder hold exactly these files."""
    for path in _files_in(folder) - set(files):
        (folder / path).unlink()
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def differences(files: Mapping[str, str], folder: Path) -> list[str]:
    """One sentence for each file that is not what the code makes."""
    present = _files_in(folder)
    missing = [f"{path} is missing." for path in sorted(set(files) - present)]
    left_over = [f"{path} is made by nothing." for path in sorted(present - set(files))]
    other = [
        f"{path} differs from what the code makes."
        for path in sorted(set(files) & present)
        if (folder / path).read_text() != files[path]
    ]
    return missing + left_over + other


def _files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def _as_plain(board: Dashboard) -> dict[str, Any]:
    """The dashboard without what the SDK writes by default and Grafana 13 knows no more, as its types say."""
    plain = json.loads(JSONEncoder().encode(board.build()))
    for variable in plain.get("templating", {}).get("list", []):
        for name in ("auto", "auto_count", "auto_min"):
            variable.pop(name, None)
    for panel in plain["panels"]:
        if panel["type"] == "table":
            panel["options"].pop("footer", None)
    return plain


def _json(content: object) -> str:
    return JSONEncoder(sort_keys=True, indent=2).encode(content) + "\n"


def _yaml(content: object) -> str:
    return "# Made by `make dashboards`.\n" + yaml.safe_dump(content, sort_keys=True)
