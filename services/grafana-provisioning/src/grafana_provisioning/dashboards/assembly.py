"""What all dashboards have in common: names, links to each other and to the live page, refresh, annotations."""

from collections.abc import Sequence
from typing import Final

from grafana_foundation_sdk.builders import bargauge, dashboard, stat, statetimeline, table, text, timeseries
from grafana_foundation_sdk.builders.dashboard import AnnotationQuery, Dashboard, DashboardLink
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, DashboardLinkType

from grafana_provisioning.data_source import DATA_SOURCE, FluxTarget
from grafana_provisioning.flux import Reading, changes

# Dashboards from files know no environment: the container's entrypoint replaces these addresses with the real ones.
GRAFANA_URL: Final = "http://127.0.0.1:3000"
PAGE_URL: Final = "http://127.0.0.1:8000"

FOLDER: Final = "Vigie"
FOLDER_UID: Final = "vigie"
TAG: Final = "vigie"
OPERATIONS: Final = "vigie-operations"
DETECTION: Final = "vigie-detection"
ACCOUNT: Final = "vigie-account"
DELIVERY: Final = "vigie-delivery"
GATEWAY: Final = "vigie-gateway"
RUNBOOK: Final = "vigie-runbook"

ACCOUNT_LINK: Final = f"/d/{ACCOUNT}?var-account=${{__value.raw}}&${{__url_time_range}}"
ALERT_LINK: Final = f"{PAGE_URL}/?alert=${{__value.raw}}"

PanelBuilder = (
    bargauge.Panel | dashboard.Panel | stat.Panel | statetimeline.Panel | table.Panel | text.Panel | timeseries.Panel
)


def assembled(
    uid: str,
    title: str,
    description: str,
    panels: Sequence[PanelBuilder],
    *,
    hours: int = 1,
    refresh: str = "10s",
    with_changes: bool = True,
) -> Dashboard:
    """A read-only dashboard; panels are numbered in their order, so that rules and the runbook can link to them."""
    builder = (
        Dashboard(title)
        .uid(uid)
        .description(description)
        .tags([TAG])
        .readonly()
        .timezone("browser")
        .time(f"now-{hours}h", "now")
        .refresh(refresh)
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .links([_siblings(), _live_page()])
    )
    if with_changes:
        builder.annotation(_changes("Model changes", "model_version", "Model", "purple"))
        builder.annotation(_changes("Threshold changes", "threshold_version", "Thresholds", "blue"))
    for number, panel in enumerate(panels, start=1):
        builder.with_panel(panel.id(number))
    return builder


def _siblings() -> DashboardLink:
    return DashboardLink("Vigie").type(DashboardLinkType.DASHBOARDS).tags([TAG]).as_dropdown(False).keep_time(True)


def _live_page() -> DashboardLink:
    return (
        DashboardLink("Live page")
        .type(DashboardLinkType.LINK)
        .url(PAGE_URL)
        .icon("external link")
        .tooltip("The latest alerts with their reasons, and the place to answer them.")
        .target_blank(True)
    )


def _changes(name: str, field: str, what: str, colour: str) -> AnnotationQuery:
    return (
        AnnotationQuery()
        .name(name)
        .datasource(DATA_SOURCE)
        .enable(True)
        .icon_color(colour)
        .target(FluxTarget(changes(Reading("versions", (field,)), what)))
    )
