"""docs/operations.md as a dashboard, so that the runbook is on the same server as the rules."""

import re

from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana_provisioning.dashboards.assembly import RUNBOOK, assembled
from grafana_provisioning.panels import text_panel

SECTION = re.compile(r"^## (?P<title>.+)$", re.MULTILINE)


def sections(runbook: str) -> dict[str, str]:
    """Markdown of each section by its heading, in order."""
    parts = SECTION.split(runbook)
    return {title.strip(): text.strip() for title, text in zip(parts[1::2], parts[2::2], strict=True)}


def runbook_dashboard(runbook: str) -> Dashboard:
    """One panel for each section, under its heading; links of rules open one panel alone."""
    panels = [text_panel(title, text, width=12, height=9) for title, text in sections(runbook).items()]
    return assembled(
        RUNBOOK, "Runbook", "What each rule means, what to look at, what to do.", panels, refresh="", with_changes=False
    )
