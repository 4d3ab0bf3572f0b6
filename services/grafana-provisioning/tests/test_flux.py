"""No query depends on the order in which the storage returns series."""

import re
from collections.abc import Iterator

import pytest

from grafana_provisioning.__main__ import PROVISIONING
from grafana_provisioning.evaluation.targets import rules, targets
from grafana_provisioning.flux import Reading, at_the_end, each_point, over_all, over_time, piped

ORDERED = re.compile(
    r"^(first|last|limit|tail|top|bottom|difference|derivative|increase|findRecord|cumulativeSum)\("
    r"|^aggregateWindow\(.*fn: (first|last)\b"
)
"""Functions whose result depends on the order of rows."""


def out_of_order(flux: str) -> list[str]:
    """Steps that depend on the order of rows after rows of several series were put together."""
    found = []
    for pipeline in re.split(r"\n\n", flux):
        is_ordered = True
        for step in (part.strip() for part in pipeline.split("|>")):
            if step.startswith(("group(", "union(", "pivot(")):
                is_ordered = False
            elif step.startswith("sort("):
                is_ordered = True
            elif ORDERED.match(step) and not is_ordered:
                found.append(step)
    return found


def every_query() -> Iterator[tuple[str, str]]:
    for target in targets(PROVISIONING):
        yield str(target), target.flux
    for uid, rule in rules(PROVISIONING).items():
        for node in rule["data"]:
            if "query" in node["model"]:
                yield f"{uid} / {node['refId']}", node["model"]["query"]


QUERIES = dict(every_query())


@pytest.mark.parametrize("name", QUERIES)
def test_nothing_depends_on_the_order_of_rows_after_a_group(name: str) -> None:
    assert out_of_order(QUERIES[name]) == []


@pytest.mark.parametrize(
    ("step", "is_fault"),
    [
        ("last()", True),
        ("first()", True),
        ("limit(n: 1)", True),
        ("aggregateWindow(every: 1m, fn: last)", True),
        ("aggregateWindow(every: 1m, fn: sum)", False),
        ('sort(columns: ["_time"])\n  |> last()', False),
        ("sum()", False),
    ],
)
def test_a_step_that_depends_on_the_order_of_rows_is_found(step: str, is_fault: bool) -> None:
    flux = piped("source()", 'group(columns: ["_field"])', 'keep(columns: ["_time", "_value"])', step)

    assert bool(out_of_order(flux)) == is_fault


@pytest.mark.parametrize("query", [at_the_end, each_point, lambda reading: over_time(reading, "max")])
def test_series_that_fall_together_need_a_merge(query) -> None:
    with pytest.raises(ValueError, match="lag: the tags partition"):
        query(Reading("lag", ("waiting",)))

    query(Reading("lag", ("waiting",), by=("partition",)))
    query(Reading("lag", ("waiting",), {"partition": "0"}))
    assert "sum()" in at_the_end(Reading("lag", ("waiting",)), merge="sum")
    assert "sum()" in over_all(Reading("lag", ("waiting",)), "sum")


def test_a_measurement_that_is_not_written_is_refused() -> None:
    with pytest.raises(ValueError, match="no measurement temperature"):
        at_the_end(Reading("temperature", ("celsius",)))
