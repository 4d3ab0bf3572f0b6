"""The registry's signed webhook: it makes the watcher ask the registry early, and its content is not used."""

import base64
import hashlib
import hmac
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

PATH: Final = "/hooks/mlflow"
MAX_AGE_SECONDS: Final = 300
REMEMBERED_DELIVERIES: Final = 256  # more than MLflow sends in five minutes of one model


class RegistryHook:
    """Checks MLflow's signature (https://mlflow.org/docs/latest/ml/webhooks, version v1) and then calls `ask_early`."""

    def __init__(self, secret: str, ask_early: Callable[[], None], *, clock: Callable[[], float] = time.time) -> None:
        self._secret = secret.encode()
        self._ask_early = ask_early
        self._clock = clock
        self._seen: deque[str] = deque(maxlen=REMEMBERED_DELIVERIES)

    def __call__(self, headers: Mapping[str, str], body: bytes) -> int:
        """Status code: 202 when the registry is asked early, 200 for a repeat, 401 for what MLflow did not sign."""
        delivery = headers.get("x-mlflow-delivery-id", "")
        moment = headers.get("x-mlflow-timestamp", "")
        if not self._is_signed(delivery, moment, body, headers.get("x-mlflow-signature", "")):
            return 401
        if delivery in self._seen:
            return 200
        self._seen.append(delivery)
        self._ask_early()
        return 202

    def _is_signed(self, delivery: str, moment: str, body: bytes, signature: str) -> bool:
        if not (moment.isascii() and moment.isdigit()) or abs(self._clock() - int(moment)) > MAX_AGE_SECONDS:
            return False
        signed = f"{delivery}.{moment}.".encode() + body
        expected = base64.b64encode(hmac.new(self._secret, signed, hashlib.sha256).digest()).decode()
        return hmac.compare_digest(f"v1,{expected}".encode(), signature.encode())
