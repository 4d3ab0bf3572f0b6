"""`python -m grafana_provisioning check|write|firing`: compare or write the files, or print which rules fire."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from grafana_provisioning.evaluation.influx import InfluxQueries
from grafana_provisioning.evaluation.report import sentences
from grafana_provisioning.evaluation.targets import rules
from grafana_provisioning.provisioning import differences, provisioning_files, write
from grafana_provisioning.settings import GrafanaProvisioningSettings
from vigie_runtime import InputError, load_settings, run_entry_point

SERVICE: Final = Path(__file__).parents[2]
PROVISIONING: Final = SERVICE / "provisioning"
RUNBOOK: Final = SERVICE.parents[1] / "docs" / "operations.md"


def main() -> None:
    """Run the command; raise InputError when it is unknown or when files differ."""
    match sys.argv[1:]:
        case ["write"]:
            write(provisioning_files(RUNBOOK.read_text()), PROVISIONING)
        case ["check"]:
            _check()
        case ["firing"]:
            _firing()
        case _:
            raise InputError("Say `check`, `write` or `firing`.")


def _check() -> None:
    found = differences(provisioning_files(RUNBOOK.read_text()), PROVISIONING)
    if found:
        raise InputError(f"{PROVISIONING.name}: {' '.join(found)} Run `make dashboards` and commit what it writes.")


def _firing() -> None:
    """Print one line for each rule, for systems without a Grafana."""
    settings = load_settings(GrafanaProvisioningSettings)
    url, token = settings.required()
    with InfluxQueries(url, token, settings.influxdb_org) as queries:
        for line in sentences(rules(PROVISIONING), queries, bucket=settings.influxdb_bucket, now=datetime.now(UTC)):
            sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    run_entry_point(main)
