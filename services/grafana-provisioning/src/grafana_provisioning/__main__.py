"""`python -m grafana_provisioning check|write`: compare the committed files with the code, or write them anew."""

import sys
from pathlib import Path

from grafana_provisioning.provisioning import differences, provisioning_files, write
from vigie_runtime import InputError, run_entry_point

SERVICE = Path(__file__).parents[2]
PROVISIONING = SERVICE / "provisioning"
RUNBOOK = SERVICE.parents[1] / "docs" / "operations.md"


def main() -> None:
    """Write the files, or raise InputError that says which differ."""
    files = provisioning_files(RUNBOOK.read_text())
    if sys.argv[1:] == ["write"]:
        write(files, PROVISIONING)
    elif sys.argv[1:] == ["check"]:
        found = differences(files, PROVISIONING)
        if found:
            raise InputError(f"{PROVISIONING.name}: {' '.join(found)} Run `make dashboards` and commit what it writes.")
    else:
        raise InputError("Say `check` or `write`.")


if __name__ == "__main__":
    run_entry_point(main)
