"""A Flux query as Grafana's InfluxDB data source expects it; the SDK has none."""

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import DataSourceRef

DATA_SOURCE_UID = "vigie-influxdb"
DATA_SOURCE = DataSourceRef(type_val="influxdb", uid=DATA_SOURCE_UID)


class FluxQuery(Dataquery):
    """One target of a panel, a rule or an annotation."""

    def __init__(self, flux: str, ref_id: str = "A", *, extra: dict[str, object] | None = None) -> None:
        self.flux = flux
        self.ref_id = ref_id
        self._extra = extra or {}

    def to_json(self) -> dict[str, object]:
        """The target as it stands in a dashboard's JSON."""
        return {"refId": self.ref_id, "query": self.flux, "datasource": DATA_SOURCE.to_json(), **self._extra}


class FluxTarget(Builder[Dataquery]):
    """Hands a FluxQuery to the SDK, whose panels take builders only."""

    def __init__(self, flux: str, ref_id: str = "A") -> None:
        self._query = FluxQuery(flux, ref_id)

    def build(self) -> Dataquery:
        """The query."""
        return self._query
