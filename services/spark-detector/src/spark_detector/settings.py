"""Settings of the detector."""

from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr

from vigie_registry import RegistrySettings
from vigie_runtime import KafkaSettings
from vigie_runtime.rates import RateSettings

# Part of the checkpoint's path: state written under another layout of history cannot be read back.
STATE_VERSION = "3"


class DetectorSettings(KafkaSettings, RegistrySettings, RateSettings):
    """Where transactions and models are, and how often the query makes a checkpoint."""

    spark_master: str = Field(
        default="local[10]",
        validation_alias="SPARK_MASTER",
        description="local[N], or spark://host:port; N slots for two queries and a checkpoint side by side.",
    )
    spark_driver_host: str | None = Field(
        default=None, description="Where a cluster's executors reach the driver; unset: by this host's name."
    )
    spark_memory: str = Field(
        default="1g", pattern="^[0-9]+[mg]$", description="Heap of Spark's driver, and of each executor of a cluster."
    )
    spark_jvm_options: str = Field(
        default="-XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:MetaspaceSize=400m -XX:-DontCompileHugeMethods",
        description="Flags of Spark's JVM (docs/adr/0003, docs/adr/0023).",
    )
    shuffle_partitions: int = Field(default=1, ge=1, description="Fixed by the first checkpoint.")
    checkpoint_seconds: float = Field(
        default=60, ge=5, description="Between checkpoints, which do not stop the stream; what a restart reads again."
    )
    champion_poll_seconds: float = Field(default=1, gt=0, description="How often the registry is asked.")
    mlflow_webhook_secret: SecretStr | None = Field(
        default=None, description="With it POST /hooks/mlflow, signed by the registry, makes it ask at once."
    )
    warm_up_transactions: int = Field(default=3000, ge=0, description="Scored aside before ready; 0: no warm-up.")
    status_host: str = Field(default="127.0.0.1", description="Address of the status server; :: for IPv4 and IPv6.")
    status_port: int = Field(
        default=8101,
        ge=0,
        le=65535,
        validation_alias=AliasChoices("VIGIE_STATUS_PORT", "PORT"),
        description="/healthz, /readyz, /status; 0: any free.",
    )

    @property
    def is_local(self) -> bool:
        """Whether Spark runs in this process only, without a cluster."""
        return self.spark_master.startswith("local")

    @property
    def checkpoint(self) -> Path:
        """Folder of the query's checkpoint."""
        return self.data_dir.absolute() / "detector" / f"checkpoint-v{STATE_VERSION}"

    @property
    def kept_outputs(self) -> Path:
        """File that tells up to where the outputs were read, beside the checkpoint."""
        return self.data_dir.absolute() / "detector" / "outputs.json"

    @property
    def serving_folder(self) -> Path:
        """Folder of the running queries' copies of the checkpoint."""
        return self.data_dir.absolute() / "detector" / "serving"

    @property
    def champions(self) -> Path:
        """Folder where the last good champion is kept, so that a start needs no registry."""
        return self.data_dir.absolute() / "detector" / "champions"
