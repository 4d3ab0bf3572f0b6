"""The one data source, InfluxDB 2 with Flux, and a query of it; the SDK has no type for Flux queries."""

from typing import Final

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import DataSourceRef

DATA_SOURCE_UID: Final = "vigie-influxdb"
DATA_SOURCE: Final = DataSourceRef(type_val="influxdb", uid=DATA_SOURCE_UID)


def data_source() -> dict[str, object]:
    """Content of the file under datasources/; Grafana fills in address and token from its environment."""
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


class FluxQuery(Dataquery):
    """One target of a panel, a rule or an annotation."""

    def __init__(self, flux: str, ref_id: str = "A", *, extra: dict[str, object] | None = None) -> None:
        self.flux = flux
        self.ref_id = ref_id
        self._extra = extra or {}

    def to_json(self) -> dict[str, object]:
        """The target as a dashboard's JSON has it."""
        return {"refId": self.ref_id, "query": self.flux, "datasource": DATA_SOURCE.to_json(), **self._extra}


class FluxTarget(Builder[Dataquery]):
    """A builder of a FluxQuery, because the SDK's panels take builders only."""

    def __init__(self, flux: str, ref_id: str = "A") -> None:
        self._query = FluxQuery(flux, ref_id)

    def build(self) -> Dataquery:
        """The query."""
        return self._query
