"""The secret from which the keys for sessions and for stored webhook secrets are derived."""

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from mlflow_server.settings import MlflowServerSettings


def server_keys(settings: MlflowServerSettings) -> dict[str, str]:
    """MLflow's variables for its two keys; the secret is made on the first start unless it is set."""
    secret = (
        settings.mlflow_secret_key.get_secret_value()
        if settings.mlflow_secret_key
        else _kept_secret(settings.folder / "secret-key")
    ).encode()
    return {
        "MLFLOW_FLASK_SERVER_SECRET_KEY": _derived(secret, "sessions").hex(),
        # Fernet takes 32 bytes in this alphabet; platforms generate secrets in others
        "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": base64.urlsafe_b64encode(_derived(secret, "webhook secrets")).decode(),
    }


def _derived(secret: bytes, purpose: str) -> bytes:
    return hmac.new(secret, purpose.encode(), hashlib.sha256).digest()


def _kept_secret(file: Path) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return file.read_text()
    with os.fdopen(descriptor, "w") as new:
        new.write(secrets.token_urlsafe(32))
    return file.read_text()
