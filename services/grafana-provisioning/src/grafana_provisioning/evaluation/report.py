"""What each rule says right now, for people without a Grafana."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from grafana_provisioning.evaluation.influx import InfluxQueries
from grafana_provisioning.evaluation.rules import Verdict, evaluate


def sentences(
    rules: Mapping[str, Mapping[str, Any]], queries: InfluxQueries, *, bucket: str, now: datetime
) -> Iterator[str]:
    """One line a rule and series."""
    for rule in rules.values():
        for verdict in evaluate(rule, queries, bucket=bucket, now=now):
            yield _sentence(rule, verdict)


def _sentence(rule: Mapping[str, Any], verdict: Verdict) -> str:
    about = ", ".join(value for _, value in verdict.labels)
    figures = ", ".join(f"{name} {value:g}" for name, value in verdict.figures.items())
    lasts = f" if it lasts {rule['for']}" if verdict.fires and rule["for"] != "0s" else ""
    state = verdict.state.upper() if verdict.fires else verdict.state
    return f"{state:8} {rule['title']}{f' ({about})' if about else ''}{f': {figures}' if figures else ''}{lasts}"
