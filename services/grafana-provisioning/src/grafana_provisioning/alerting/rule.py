"""An alert rule as Grafana provisions it: Flux, one number of each answer, and the condition on these numbers."""

from dataclasses import dataclass, field
from typing import Final, Literal

from grafana_foundation_sdk.builders import alerting, expr
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.alerting import RelativeTimeRange
from grafana_foundation_sdk.models.common import DataSourceRef

from grafana_provisioning.data_source import DATA_SOURCE_UID, FluxQuery

Severity = Literal["critical", "warning"]
Reducer = Literal["sum", "mean", "min", "max", "count", "last"]
Missing = Literal["OK", "Alerting", "NoData"]
EXPRESSIONS: Final = "__expr__"
CONDITION: Final = "firing"
MAX_POINTS: Final = 43_200
"""Grafana's limit on the points of one series of a rule: half a day of seconds."""


@dataclass(frozen=True)
class RuleFigure:
    """One number of a rule: the points of the last `minutes`, reduced series by series."""

    name: str
    flux: str
    reducer: Reducer
    minutes: int

    @property
    def points(self) -> str:
        """Name of the query it is reduced from."""
        return f"{self.name}_points"


@dataclass(frozen=True)
class AlertRule:
    """When a message is sent, what it says, and what it links to.

    `condition` is a Grafana math expression on `$name` of each figure; `title` is also the runbook's heading.
    """

    uid: str
    title: str
    severity: Severity
    figures: tuple[RuleFigure, ...]
    condition: str
    lasting: str
    summary: str
    dashboard: str
    panel: str
    missing: Missing = "OK"
    when_query_fails: Literal["OK", "Alerting", "Error", "KeepLast"] = "KeepLast"
    labels: dict[str, str] = field(default_factory=dict)


class _Query(Builder[Dataquery]):
    """A Flux query with the bounds that a rule needs."""

    def __init__(self, figure: RuleFigure) -> None:
        self._figure = figure

    def build(self) -> Dataquery:
        bounds = {"intervalMs": 1000, "maxDataPoints": MAX_POINTS}
        return FluxQuery(self._figure.flux, self._figure.points, extra={**bounds})


def provisioned(rule: AlertRule, *, runbook_url: str, panel_id: int) -> dict[str, object]:
    """The rule in the layout of Grafana's provisioning files."""
    annotations = {
        "summary": rule.summary,
        "runbook_url": runbook_url,
        "__dashboardUid__": rule.dashboard,
        "__panelId__": str(panel_id),
    }
    builder = (
        alerting.Rule(rule.title)
        .uid(rule.uid)
        .for_val(rule.lasting)
        .condition(CONDITION)
        .queries([*_queries(rule), _condition(rule)])
        .no_data_state(rule.missing)
        .exec_err_state(rule.when_query_fails)
        .labels({"severity": rule.severity, "service": "vigie", **rule.labels})
        .annotations(annotations)
    )
    content = builder.build().to_json()
    # the SDK writes the layout of Grafana's HTTP API; files name folder and group one level up
    kept = {name: content[name] for name in content if name not in ("folderUID", "ruleGroup", "orgID")}
    return {**kept, "dashboardUid": rule.dashboard, "panelId": panel_id}


def _queries(rule: AlertRule) -> list[alerting.Query]:
    found: list[alerting.Query] = []
    for figure in rule.figures:
        found.append(
            alerting.Query(figure.points)
            .datasource_uid(DATA_SOURCE_UID)
            .relative_time_range(RelativeTimeRange(from_val=figure.minutes * 60, to=0))
            .model(_Query(figure))
        )
        reduced = expr.TypeReduce().ref_id(figure.name).expression(figure.points).reducer(figure.reducer)
        found.append(_expression(figure.name, reduced.datasource(_expressions())))
    return found


def _condition(rule: AlertRule) -> alerting.Query:
    math = expr.TypeMath().ref_id(CONDITION).expression(rule.condition).datasource(_expressions())
    return _expression(CONDITION, math)


def _expression(ref_id: str, model: Builder[Dataquery]) -> alerting.Query:
    return (
        alerting.Query(ref_id)
        .datasource_uid(EXPRESSIONS)
        .relative_time_range(RelativeTimeRange(from_val=0, to=0))
        .model(model)
    )


def _expressions() -> DataSourceRef:
    return DataSourceRef(type_val=EXPRESSIONS, uid=EXPRESSIONS)
