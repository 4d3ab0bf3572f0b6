"""railway.json of each service and of the repository, for projects older than .railway/railway.py, from its graph."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vigie_platforms.deployables import SERVICES
from vigie_runtime import InputError

DESCRIPTION = Path(".railway/railway.py")
NAME = "railway.json"
AT_THE_ROOT = "alert-webhook"
"""Service that the repository's own railway.json deploys."""
SCHEMA = "https://railway.com/railway.schema.json"
BUILD_KEYS = ("builder", "dockerfilePath", "watchPatterns")
DEPLOY_KEYS = (
    "startCommand",
    "healthcheckPath",
    "healthcheckTimeout",
    "restartPolicyType",
    "restartPolicyMaxRetries",
    "drainingSeconds",
)
NAMELESS = {"VIGIE_REPOSITORY": "owner/vigie", "VIGIE_RAILWAY_IMAGES": ""}
"""For what is asked of the graph here, the repository's own name does not matter."""
EVALUATE = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("railway_description", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(json.dumps(module.main().to_graph()))
"""
"""As Railway's command line does it: a Python of its own that calls `main`."""


def railway_graph(repository: Path, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Evaluate .railway/railway.py to its graph; raise InputError with what Python said where it cannot be."""
    done = subprocess.run(
        [sys.executable, "-c", EVALUATE, str(repository / DESCRIPTION)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    if done.returncode != 0:
        raise InputError(f"{DESCRIPTION} cannot be evaluated: {done.stderr.strip().splitlines()[-1]}")
    return dict(json.loads(done.stdout))


def railway_files(graph: Mapping[str, Any]) -> dict[str, str]:
    """Content of each railway.json by its path: beside each service, and at the root for projects that deploy the page.

    Railway reads the one at the root for a service that names no other, so it is the page's.
    """
    files = {}
    for node in graph["resources"]:
        if node["type"] == "service" and node.get("source", {}).get("type") == "github":
            folder = node["build"]["dockerfilePath"].rpartition("/")[0]
            if folder.startswith(f"{SERVICES}/"):
                files[f"{folder}/{NAME}"] = _railway_json(node)
    return files | {NAME: files[f"{SERVICES}/{AT_THE_ROOT}/{NAME}"]}


def _railway_json(node: Mapping[str, Any]) -> str:
    content = {
        "$schema": SCHEMA,
        "build": {key: node["build"][key] for key in BUILD_KEYS if key in node["build"]},
        "deploy": {key: node["deploy"][key] for key in DEPLOY_KEYS if key in node["deploy"]},
    }
    return json.dumps(content, indent=2) + "\n"
