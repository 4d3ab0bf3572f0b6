"""The rules as one provisioning file, each linked to its panel and to its section of the runbook."""

from collections.abc import Mapping
from typing import Any, Final

from grafana_provisioning.alerting.notifications import ORGANISATION
from grafana_provisioning.alerting.rule import AlertRule, provisioned
from grafana_provisioning.alerting.rules import GROUPS
from grafana_provisioning.dashboards.assembly import FOLDER, GRAFANA_URL, RUNBOOK
from vigie_runtime import ConfigurationError

INTERVAL: Final = "30s"

Board = Mapping[str, Any]


def rule_groups(boards: Mapping[str, Board]) -> dict[str, object]:
    """Content of the rules' file; raise ConfigurationError when a rule's panel or runbook section is missing."""
    return {
        "apiVersion": 1,
        "groups": [
            {
                "orgId": ORGANISATION,
                "name": name,
                "folder": FOLDER,
                "interval": INTERVAL,
                "rules": [_rule(rule, boards) for rule in rules],
            }
            for name, rules in GROUPS.items()
        ],
    }


def _rule(rule: AlertRule, boards: Mapping[str, Board]) -> dict[str, object]:
    section = _panel_id(boards[RUNBOOK], rule.title, f"docs/operations.md has no section '## {rule.title}'")
    panel = _panel_id(boards[rule.dashboard], rule.panel, f"{rule.dashboard} has no panel '{rule.panel}'")
    return provisioned(rule, runbook_url=f"{GRAFANA_URL}/d/{RUNBOOK}?viewPanel={section}", panel_id=panel)


def _panel_id(board: Board, title: str, otherwise: str) -> int:
    for panel in board["panels"]:
        if panel["title"] == title:
            return int(panel["id"])
    raise ConfigurationError(f"{otherwise}; a rule needs it.")
