"""The champion's training span from the registry, over plain HTTP: MLflow's own client would cost 200 MB."""

import base64
import json
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr, ValidationError

from vigie_runtime import get_logger
from vigie_schemas import CHAMPION_ALIAS, CHAMPION_ARTIFACTS, MODEL_NAME, Calibration, FeatureBins

POLL_SECONDS: Final = 15.0
ASK_SECONDS: Final = 5.0

log = get_logger(__name__)


@dataclass(frozen=True)
class TrainingSpan:
    """A model version and its features' distributions; empty when it was trained before these were logged."""

    version: int
    bins: Mapping[str, FeatureBins]


class ChampionWatch:
    """Asks from a thread of its own; the sink's thread reads what was found."""

    def __init__(
        self,
        tracking_uri: str,
        serving_version: Callable[[], int | None],
        *,
        username: str | None = None,
        password: SecretStr | None = None,
    ) -> None:
        self._uri = tracking_uri.rstrip("/")
        self._headers = _basic_auth(username, password) if username and password else {}
        self._serving_version = serving_version
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="champion", daemon=True)
        self._is_silent = False
        self.champion_version: int | None = None
        self.span: TrainingSpan | None = None

    def start(self) -> None:
        """Look from now on."""
        if self._uri.startswith(("http://", "https://")):
            self._thread.start()
        else:
            log.warning("no drift without a registry over HTTP", uri=self._uri)

    def close(self) -> None:
        """Look no more."""
        self._stop.set()

    def look(self) -> None:
        """Ask once; what cannot be had stays unknown."""
        try:
            self.champion_version = self._champion()
            wanted = self._serving_version()
            if wanted is not None and (self.span is None or self.span.version != wanted):
                self.span = self._training_span(wanted)
            self._is_silent = False
        except (urllib.error.URLError, OSError, ValueError, KeyError, TypeError) as error:
            self.champion_version = None
            if not self._is_silent:
                log.warning("registry not read, drift waits", uri=self._uri, reason=str(error)[:200])
            self._is_silent = True

    def _run(self) -> None:
        while not self._stop.is_set():
            self.look()
            self._stop.wait(POLL_SECONDS)

    def _champion(self) -> int | None:
        query = urllib.parse.urlencode({"name": MODEL_NAME, "alias": CHAMPION_ALIAS})
        try:
            found = json.loads(self._get(f"api/2.0/mlflow/registered-models/alias?{query}"))
        except urllib.error.HTTPError as error:
            with error:
                if error.code in (400, 404):  # no such model, no such alias: nothing was trained yet
                    return None
                raise
        return int(found["model_version"]["version"])

    def _training_span(self, version: int) -> TrainingSpan:
        query = urllib.parse.urlencode({"name": MODEL_NAME, "version": version})
        run_id = json.loads(self._get(f"api/2.0/mlflow/model-versions/get?{query}"))["model_version"]["run_id"]
        artifact = urllib.parse.urlencode({"path": f"{CHAMPION_ARTIFACTS}/calibration.json", "run_uuid": run_id})
        try:
            bins = Calibration.model_validate_json(self._get(f"get-artifact?{artifact}")).feature_bins
        except ValidationError as error:
            raise ValueError(
                f"the calibration of version {version} cannot be read: {error.error_count()} faults"
            ) from None
        if not bins:
            log.warning("no drift: the model was trained before distributions were logged", version=version)
        return TrainingSpan(version, bins)

    def _get(self, path: str) -> bytes:
        request = urllib.request.Request(f"{self._uri}/{path}", headers=self._headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=ASK_SECONDS) as answer:  # noqa: S310
            return answer.read()


def _basic_auth(username: str, password: SecretStr) -> dict[str, str]:
    pair = f"{username}:{password.get_secret_value()}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
