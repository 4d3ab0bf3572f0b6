"""The one data source: InfluxDB 2 with Flux, its address and token from the environment of Grafana."""

from typing import Final

from grafana_provisioning.places import FOLDER, FOLDER_UID
from grafana_provisioning.query import DATA_SOURCE_UID

PROVISIONING: Final = "/opt/vigie/provisioning"
"""Where the container's entrypoint puts the files, real addresses filled in."""


def data_source() -> dict[str, object]:
    """Content of the file under datasources/."""
    return {
        "apiVersion": 1,
        "prune": True,
        "datasources": [{
            "name": "Vigie InfluxDB",
            "uid": DATA_SOURCE_UID,
            "type": "influxdb",
            "access": "proxy",
            "url": "$INFLUXDB_URL",
            "isDefault": True,
            "editable": False,
            "jsonData": {
                "version": "Flux",
                "organization": "$INFLUXDB_ORG",
                "defaultBucket": "$INFLUXDB_BUCKET",
                "timeInterval": "1s",
            },
            "secureJsonData": {"token": "$INFLUXDB_TOKEN"},
        }],
    }  # fmt: skip


def dashboard_provider() -> dict[str, object]:
    """Content of the file under dashboards/: which folder of dashboards Grafana reads."""
    return {
        "apiVersion": 1,
        "providers": [{
            "name": "Vigie",
            "type": "file",
            "folder": FOLDER,
            "folderUid": FOLDER_UID,
            "disableDeletion": False,
            "allowUiUpdates": False,
            "updateIntervalSeconds": 30,
            "options": {"path": f"{PROVISIONING}/dashboards/json"},
        }],
    }  # fmt: skip
