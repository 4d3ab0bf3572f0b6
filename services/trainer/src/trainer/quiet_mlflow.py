"""MLflow's client, imported once and early, without telemetry and without noise.

It reads these variables while it is imported, so they are set before; what the user set stands.
"""

import os
import warnings

DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",  # a bank's trainer reports to no one outside
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",  # seven, by default, hold the service for minutes; it tries again itself
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_CONFIGURE_LOGGING": "false",  # its lines take the form of ours
    "MLFLOW_UV_AUTO_DETECT": "false",  # else a lock file in the working folder is taken for the model's
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GIT_PYTHON_REFRESH": "quiet",  # no complaint where git is not installed
}
for _name, _value in DEFAULTS.items():
    os.environ.setdefault(_name, _value)

with warnings.catch_warnings():
    # mlflow 3.17 warns about type hints in classes of its own while they are defined.
    warnings.filterwarnings("ignore", message=".*Any type hint is inferred as AnyType", category=UserWarning)
    import mlflow
    import mlflow.pyfunc
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
    from mlflow.models import infer_signature
    from mlflow.sklearn import SERIALIZATION_FORMAT_SKOPS
    from mlflow.sklearn import log_model as log_sklearn_model

__all__ = [
    "SERIALIZATION_FORMAT_SKOPS",
    "MlflowClient",
    "MlflowException",
    "infer_signature",
    "log_sklearn_model",
    "mlflow",
]
