"""Evaluation of provisioned rules without Grafana: query, reduce, and the condition, series by series."""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from grafana_provisioning.alerting.rule import EXPRESSIONS
from grafana_provisioning.evaluation.influx import InfluxQueries, Labels
from grafana_provisioning.evaluation.interpolation import Shown, filled
from vigie_runtime import InputError

State = Literal["firing", "normal", "no data"]
Series = dict[Labels, float]
"""One number for each set of labels."""

REDUCERS: Final[dict[str, Callable[[list[float]], float]]] = {
    "sum": sum,
    "mean": lambda values: sum(values) / len(values) if values else math.nan,
    "min": min,
    "max": max,
    "count": lambda values: float(len(values)),
    "last": lambda values: values[-1],
}
_COMPARISONS: Final[dict[type[ast.cmpop], Callable[[float, float], bool]]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_ARITHMETIC: Final[dict[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda left, right: left / right if right else math.nan,
}


@dataclass(frozen=True)
class RuleResult:
    """The result of one series of a rule at one evaluation, without its `for` duration."""

    state: State
    labels: Labels
    figures: dict[str, float]

    @property
    def fires(self) -> bool:
        """Whether the rule would fire if this lasted."""
        return self.state == "firing"


def evaluate(rule: Mapping[str, Any], queries: InfluxQueries, *, bucket: str, now: datetime) -> list[RuleResult]:
    """Results of a provisioned rule, one for each series; raise InputError for what Grafana would refuse."""
    results: dict[str, Series] = {}
    points: dict[str, dict[Labels, list[float]]] = {}
    for node in rule["data"]:
        model, name = node["model"], node["refId"]
        if node["datasourceUid"] != EXPRESSIONS:
            points[name] = _points(node, queries, bucket, now)
        elif model["type"] == "reduce":
            reduce = REDUCERS[model["reducer"]]
            results[name] = {labels: reduce(values) for labels, values in points[model["expression"]].items()}
        else:
            results[name] = calculated(model["expression"], results)
    condition = results[rule["condition"]]
    if not condition:
        return [RuleResult("firing" if rule["noDataState"] == "Alerting" else "no data", (), {})]
    return [_result(labels, value, results, rule["condition"]) for labels, value in condition.items()]


def _points(node: Mapping[str, Any], queries: InfluxQueries, bucket: str, now: datetime) -> dict[Labels, list[float]]:
    span = node["relativeTimeRange"]
    start, stop = (now - timedelta(seconds=span[end]) for end in ("from", "to"))
    shown = Shown(start, stop, timedelta(milliseconds=node["model"]["intervalMs"]), bucket)
    tables = queries.ask(filled(node["model"]["query"], shown))
    for table in tables:
        if not table.is_series:
            raise InputError(f"{node['refId']} is no time series for Grafana: its columns are {sorted(table.types)}.")
    return {tuple(label for label in table.labels if label[0] != "_field"): table.values() for table in tables}


def calculated(expression: str, results: Mapping[str, Series]) -> Series:
    """A Grafana math expression over series with the same labels; one without labels is combined with all."""
    names = sorted(set(re.findall(r"\$(\w+)", expression)))
    tree = ast.parse(re.sub(r"\$(\w+)", r"\1", expression).replace("&&", " and ").replace("||", " or "), mode="eval")
    if any(not results[name] for name in names):
        return {}
    everywhere = {labels for name in names for labels in results[name]}
    found: Series = {}
    for labels in sorted(everywhere, key=len, reverse=True):
        values = {name: results[name].get(labels, results[name].get(())) for name in names}
        if all(value is not None for value in values.values()):
            found[labels] = _value(tree.body, {name: value for name, value in values.items() if value is not None})
    return found


def _value(node: ast.expr, values: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name):
            return values[name]
        case ast.BinOp(left=left, op=kind, right=right):
            return _ARITHMETIC[type(kind)](_value(left, values), _value(right, values))
        case ast.Compare(left=left, ops=[kind], comparators=[right]):
            return float(_COMPARISONS[type(kind)](_value(left, values), _value(right, values)))
        case ast.BoolOp(op=kind, values=parts):
            held = [_value(part, values) != 0 for part in parts]
            return float(all(held) if isinstance(kind, ast.And) else any(held))
    raise InputError(f"A rule's expression holds {ast.dump(node)}, which cannot be evaluated here.")


def _result(labels: Labels, value: float, results: Mapping[str, Series], condition: str) -> RuleResult:
    figures = {
        name: series.get(labels, series.get((), math.nan)) for name, series in results.items() if name != condition
    }
    return RuleResult("firing" if value != 0 and not math.isnan(value) else "normal", labels, figures)
