"""Every file that Grafana is provisioned with, generated from the code in this package."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana_provisioning.alerting.groups import rule_groups
from grafana_provisioning.alerting.notifications import contact_points, policies
from grafana_provisioning.dashboards.account import account
from grafana_provisioning.dashboards.assembly import (
    ACCOUNT,
    DELIVERY,
    DETECTION,
    FOLDER,
    FOLDER_UID,
    GATEWAY,
    OPERATIONS,
    RUNBOOK,
)
from grafana_provisioning.dashboards.delivery import delivery
from grafana_provisioning.dashboards.detection import detection
from grafana_provisioning.dashboards.gateway import gateway
from grafana_provisioning.dashboards.operations import operations
from grafana_provisioning.dashboards.runbook import runbook_dashboard
from grafana_provisioning.data_source import data_source

IN_CONTAINER: Final = "/opt/vigie/provisioning"
"""Where the container's entrypoint writes the files with the real addresses."""


def provisioning_files(runbook: str) -> dict[str, str]:
    """Text of each file by its path below provisioning/; `runbook` is docs/operations.md, which Grafana shows too."""
    boards = {uid: _as_plain(board) for uid, board in _dashboards(runbook).items()}
    return {
        "datasources/vigie.yaml": _yaml(data_source()),
        "dashboards/vigie.yaml": _yaml(_dashboard_provider()),
        **{f"dashboards/json/{uid}.json": _json(board) for uid, board in boards.items()},
        "alerting/rules.json": _json(rule_groups(boards)),
        "alerting/contact-points.json": _json(contact_points(slack=False)),
        "alerting/contact-points-with-slack.json": _json(contact_points(slack=True)),
        "alerting/policies.json": _json(policies()),
    }


def write(files: Mapping[str, str], folder: Path) -> None:
    """Write these files and remove all others from the folder."""
    for path in _files_in(folder) - set(files):
        (folder / path).unlink()
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def differences(files: Mapping[str, str], folder: Path) -> list[str]:
    """One sentence for each file that differs from what the code generates."""
    present = _files_in(folder)
    missing = [f"{path} is missing." for path in sorted(set(files) - present)]
    left_over = [f"{path} is not generated." for path in sorted(present - set(files))]
    other = [
        f"{path} differs from what the code generates."
        for path in sorted(set(files) & present)
        if (folder / path).read_text() != files[path]
    ]
    return missing + left_over + other


def _files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def _dashboards(runbook: str) -> dict[str, Dashboard]:
    return {
        OPERATIONS: operations(),
        DETECTION: detection(),
        ACCOUNT: account(),
        DELIVERY: delivery(),
        GATEWAY: gateway(),
        RUNBOOK: runbook_dashboard(runbook),
    }


def _dashboard_provider() -> dict[str, object]:
    """Content of the file under dashboards/: which folder of dashboards Grafana reads."""
    return {
        "apiVersion": 1,
        "providers": [{
            "name": "Vigie",
            "type": "file",
            "folder": FOLDER,
            "folderUid": FOLDER_UID,
            "disableDeletion": False,
            "allowUiUpdates": False,
            "updateIntervalSeconds": 30,
            "options": {"path": f"{IN_CONTAINER}/dashboards/json"},
        }],
    }  # fmt: skip


def _as_plain(board: Dashboard) -> dict[str, Any]:
    """The dashboard without what the SDK writes by default and Grafana 13's types no longer have."""
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
