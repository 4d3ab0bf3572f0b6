"""MLflow's REST interface, as far as reading needs it: questions, errors as sentences, outages logged once.

Questions are those of https://mlflow.org/docs/latest/api_reference/rest-api.html. Files come by /get-artifact, for
which the server itself reads its store, be that a folder or a bucket: readers need no access to it.
"""

import threading
from pathlib import Path
from typing import Final, TypeVar

import httpx2
from pydantic import BaseModel, SecretStr, ValidationError

from vigie_registry.errors import RegistryUnavailableError
from vigie_runtime import get_logger

ANSWER_TIMEOUT_SECONDS: Final = 5.0
FILE_TIMEOUT_SECONDS: Final = 30.0
"""Until a file begins and between its pieces: the server may first have to fetch it from a bucket."""
KEEPALIVE_SECONDS: Final = 2.0
"""MLflow's server closes a connection after five idle seconds; one that is just being closed must not be used again."""
NOT_THERE: Final = frozenset({"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"})
"""MLflow's codes: it has no such model, version, run or file; the model has no such alias."""
INVALID_HOST: Final = "Invalid Host header"
MAX_SHOWN: Final = 200
"""Characters of a foreign text that an error repeats."""

Answer = TypeVar("Answer", bound=BaseModel)

log = get_logger(__name__)


class _Refusal(BaseModel):
    """MLflow's own errors."""

    error_code: str
    message: str = ""


class MlflowRest:
    """One MLflow server. Every method raises RegistryUnavailableError when it does not answer as MLflow does."""

    def __init__(self, address: str, *, username: str | None = None, password: SecretStr | None = None) -> None:
        url = httpx2.URL(address.rstrip("/"))
        self._address = str(url.copy_with(username=None, password=None))  # shown and logged, so without a password
        self._host = url.netloc.decode()
        self._client = httpx2.Client(
            base_url=url,
            auth=(username, password.get_secret_value()) if username and password else None,
            timeout=ANSWER_TIMEOUT_SECONDS,
            limits=httpx2.Limits(keepalive_expiry=KEEPALIVE_SECONDS),
        )
        self._lock = threading.Lock()
        self._is_available = True

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def find(self, question: str, kind: type[Answer], **asked: str) -> Answer | None:
        """The answer to a question; None when MLflow says that it has no such thing."""
        answer = self._get(f"api/2.0/mlflow/{question}", asked)
        if answer is None:
            return None
        try:
            return kind.model_validate_json(answer.content)
        except ValidationError:
            raise self._lost(f"answers {question} with what is not MLflow's: set MLFLOW_TRACKING_URI") from None

    def read(self, run_id: str, path: str) -> bytes | None:
        """Content of a run's artifact; None when there is none."""
        answer = self._get("get-artifact", {"run_uuid": run_id, "path": path}, timeout=FILE_TIMEOUT_SECONDS)
        return None if answer is None else answer.content

    def download(self, run_id: str, path: str, file: Path) -> bool:
        """Write a run's artifact to a file, in pieces; False, and no file, when there is none."""
        asked = {"run_uuid": run_id, "path": path}
        try:
            with self._client.stream("GET", "get-artifact", params=asked, timeout=FILE_TIMEOUT_SECONDS) as answer:
                if not answer.is_success:
                    answer.read()
                    self._require_not_there(answer)
                    return False
                with file.open("wb") as opened:
                    for piece in answer.iter_bytes():
                        opened.write(piece)
        except httpx2.HTTPError as error:
            raise self._silent(error) from None
        self._answered()
        return True

    def _get(
        self, path: str, asked: dict[str, str], *, timeout: float = ANSWER_TIMEOUT_SECONDS
    ) -> httpx2.Response | None:
        try:
            answer = self._client.get(path, params=asked, timeout=timeout)
        except httpx2.HTTPError as error:
            raise self._silent(error) from None
        if not answer.is_success:
            self._require_not_there(answer)
            return None
        self._answered()
        return answer

    def _require_not_there(self, answer: httpx2.Response) -> None:
        """Raise RegistryUnavailableError unless the answer is MLflow's own word that it has no such thing."""
        status, text = answer.status_code, answer.text
        if status == httpx2.codes.FORBIDDEN and INVALID_HOST in text:
            raise self._lost(
                f"does not answer to the name {self._host}: add it to VIGIE_MLFLOW_ALLOWED_HOSTS of mlflow-server, or "
                "set MLFLOW_TRACKING_URI to a name it knows"
            )
        if status in (httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN):
            raise self._lost(
                f"refuses the log-in ({status}): set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD to one of "
                "VIGIE_MLFLOW_USERS"
            )
        if answer.is_redirect:
            target = answer.headers.get("location", "")[:MAX_SHOWN]
            raise self._lost(f"redirects to {target}: set MLFLOW_TRACKING_URI to the final address")
        try:
            refusal = _Refusal.model_validate_json(answer.content)
        except ValidationError:
            refusal = None
        if status >= httpx2.codes.INTERNAL_SERVER_ERROR or (refusal and refusal.error_code not in NOT_THERE):
            reason = f"{refusal.error_code}: {refusal.message[:MAX_SHOWN]}" if refusal else answer.reason_phrase
            raise self._lost(
                f"answers {status} ({reason}): its log says why. Where it cannot read its artifacts, give the server, "
                "not the readers, access to their store"
            )
        if refusal is None:
            raise self._lost(f"answers {status}, and not as MLflow does: set MLFLOW_TRACKING_URI")
        self._answered()

    def _silent(self, error: httpx2.HTTPError) -> RegistryUnavailableError:
        reason = str(error)[:MAX_SHOWN] or type(error).__name__
        return self._lost(f"does not answer ({reason}): start mlflow-server or set MLFLOW_TRACKING_URI")

    def _lost(self, problem: str) -> RegistryUnavailableError:
        """The error to raise, logged where the registry was available until now."""
        error = RegistryUnavailableError(f"The model registry at {self._address} {problem}.")
        if self._changed(is_available=False):
            log.warning("registry unavailable", registry=self._address, reason=str(error))
        return error

    def _answered(self) -> None:
        if self._changed(is_available=True):
            log.info("registry available again", registry=self._address)

    def _changed(self, *, is_available: bool) -> bool:
        with self._lock:
            changed = self._is_available != is_available
            self._is_available = is_available
        return changed
