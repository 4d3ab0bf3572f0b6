"""What is written is shown, and what is shown is written."""

import re

import pytest

from grafana_provisioning.__main__ import PROVISIONING
from grafana_provisioning.evaluation.targets import rules, targets
from vigie_schemas.measurements import MEASUREMENTS

MEASUREMENT = re.compile(r'r\._measurement == "([^"]*)"')
FIELD = re.compile(r'r\._field == "([^"]*)"')
TAG = re.compile(r'r\.([a-z]+) == "')
COLUMNS = re.compile(r"columns: \[([^]]*)\]")
KNOWN = {measurement.name: measurement for measurement in MEASUREMENTS}
OF_ROWS = {"account_id", "reason", "value", "text"}
"""Columns that queries make themselves, or that hold fields once points are rows."""


def queries() -> dict[str, str]:
    """Every Flux text that reaches Grafana, by its panel or rule."""
    of_rules = {
        f"{uid} / {node['refId']}": node["model"]["query"]
        for uid, rule in rules(PROVISIONING).items()
        for node in rule["data"]
        if "query" in node["model"]
    }
    return {str(target): target.flux for target in targets(PROVISIONING)} | of_rules


def read(flux: str) -> tuple[str, set[str]]:
    (measurement,) = set(MEASUREMENT.findall(flux))
    return measurement, set(FIELD.findall(flux))


@pytest.mark.parametrize(("where", "flux"), queries().items(), ids=list(queries()))
def test_a_query_reads_only_what_is_written(where: str, flux: str) -> None:
    name, fields = read(flux)
    written = KNOWN[name]

    assert fields, where
    assert fields <= set(written.field_names)
    assert set(TAG.findall(flux)) <= {*written.tags, *OF_ROWS}
    columns = {column for found in COLUMNS.findall(flux) for column in re.findall(r'"(\w+)"', found)}
    assert {column for column in columns if not column.startswith("_")} <= {
        *written.tags, *written.field_names, *OF_ROWS
    }  # fmt: skip


def test_every_field_that_is_written_for_people_is_shown() -> None:
    shown = {(name, field) for name, fields in map(read, queries().values()) for field in fields}
    written = {(one.name, field.name) for one in MEASUREMENTS for field in one.fields if field.for_panels}

    assert written - shown == set()


def test_every_tag_that_is_written_is_shown_somewhere() -> None:
    shown = {
        (read(flux)[0], tag)
        for flux in queries().values()
        for tag in KNOWN[read(flux)[0]].tags
        if f'"{tag}"' in flux or f"r.{tag} ==" in flux
    }

    assert {(one.name, tag) for one in MEASUREMENTS for tag in one.tags} - shown == set()
