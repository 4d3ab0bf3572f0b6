"""All dashboards by their uid."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana_provisioning.dashboards.account import account
from grafana_provisioning.dashboards.delivery import delivery
from grafana_provisioning.dashboards.detection import detection
from grafana_provisioning.dashboards.operations import operations
from grafana_provisioning.dashboards.runbook import runbook_dashboard
from grafana_provisioning.places import ACCOUNT, DELIVERY, DETECTION, OPERATIONS, RUNBOOK


def dashboards(runbook: str) -> dict[str, Dashboard]:
    """Built from code, and the runbook from docs/operations.md."""
    return {
        OPERATIONS: operations(),
        DETECTION: detection(),
        ACCOUNT: account(),
        DELIVERY: delivery(),
        RUNBOOK: runbook_dashboard(runbook),
    }
