"""The present result of each rule, for systems without a Grafana."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from grafana_provisioning.evaluation.influx import InfluxQueries
from grafana_provisioning.evaluation.rules import RuleResult, evaluate


def sentences(
    rules: Mapping[str, Mapping[str, Any]], queries: InfluxQueries, *, bucket: str, now: datetime
) -> Iterator[str]:
    """One line for each rule and series."""
    for rule in rules.values():
        for result in evaluate(rule, queries, bucket=bucket, now=now):
            yield _sentence(rule, result)


def _sentence(rule: Mapping[str, Any], result: RuleResult) -> str:
    about = ", ".join(value for _, value in result.labels)
    figures = ", ".join(f"{name} {value:g}" for name, value in result.figures.items())
    lasts = f" if it lasts {rule['for']}" if result.fires and rule["for"] != "0s" else ""
    state = result.state.upper() if result.fires else result.state
    return f"{state:8} {rule['title']}{f' ({about})' if about else ''}{f': {figures}' if figures else ''}{lasts}"
