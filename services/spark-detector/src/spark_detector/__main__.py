"""`python -m spark_detector`: the detector as a service."""

import threading
from concurrent.futures import ThreadPoolExecutor

from pyspark.sql import SparkSession

from spark_detector import registry_hook
from spark_detector.champion import LoadedChampion, load_champion
from spark_detector.champion_store import ChampionStore
from spark_detector.champion_watcher import ChampionWatcher
from spark_detector.counterparties import counterparty_values
from spark_detector.counterparty_feed import CounterpartyFeed
from spark_detector.pipeline import histories
from spark_detector.recalibrated import with_newest_thresholds
from spark_detector.registry_hook import RegistryHook
from spark_detector.session import require_slots, start_session
from spark_detector.settings import DetectorSettings
from spark_detector.status import DetectorStatus
from spark_detector.supervisor import Supervisor
from vigie_registry import RegistryReader, RegistryUnavailableError
from vigie_runtime import (
    KafkaState,
    StatusServer,
    VigieError,
    configure_logs,
    get_logger,
    load_settings,
    run_entry_point,
    stop_event,
    wait_for_topics,
    watch_topics,
)
from vigie_runtime.status import Hook
from vigie_schemas import TOPICS, TRANSACTIONS

log = get_logger(__name__)
SECRETS = {"kafka_sasl_password", "mlflow_tracking_password", "mlflow_webhook_secret"}


def main() -> None:
    """Wire and run until a signal asks to stop."""
    settings = load_settings(DetectorSettings)
    configure_logs(settings, "spark-detector")
    require_slots(settings, TRANSACTIONS.partitions)
    stop, status, kafka, early = stop_event(), DetectorStatus(), KafkaState(), threading.Event()
    server = StatusServer(
        settings.status_port,
        lambda: kafka.added_to(status()),
        host=settings.status_host,
        hooks=_hooks(settings, early),
    )
    server.start()
    log.info("starting", **settings.model_dump(mode="json", exclude=SECRETS))
    spark = start_session(settings)
    try:
        store = ChampionStore(RegistryReader.of(settings), settings.champions)
        # side by side: each of them waits for a JVM that has compiled nothing yet
        with ThreadPoolExecutor(max_workers=1) as aside:
            described = aside.submit(histories, spark, settings)
            champion = _champion_at_start(store)
        if wait_for_topics(settings, TOPICS, stop, kafka):
            with watch_topics(settings, TOPICS, kafka):
                supervisor = Supervisor(described.result(), settings, status, champion)
                watcher = ChampionWatcher(
                    store, status, supervisor, champion, interval_seconds=settings.champion_poll_seconds, early=early
                )
                watcher.start(stop)
                CounterpartyFeed(settings, counterparty_values(spark), status).follow(stop)
                supervisor.run(stop)
    finally:
        _stop(spark, server)


def _hooks(settings: DetectorSettings, early: threading.Event) -> dict[str, Hook]:
    """The registry's webhook, where both know a secret."""
    secret = settings.mlflow_webhook_secret
    return {registry_hook.PATH: RegistryHook(secret.get_secret_value(), early.set)} if secret else {}


def _champion_at_start(store: ChampionStore) -> LoadedChampion | None:
    """The registry's champion, else the last good one on disk, else none: learning."""
    try:
        newest = store.newest()
    except RegistryUnavailableError:  # logged by its reader
        newest = None
    for version in (newest.version if newest else None, store.last_good()):
        if version is None:
            continue
        try:
            champion = with_newest_thresholds(store, load_champion(version, store.fetch(version)), newest)
        except VigieError as error:
            log.warning("champion not loaded", model_version=version, reason=str(error))
        else:
            store.mark_good(version)
            log.info("champion loaded", model_version=version, threshold_version=champion.threshold_version)
            return champion
    return None


def _stop(spark: SparkSession, server: StatusServer) -> None:
    server.close()
    spark.stop()
    log.info("stopped")


if __name__ == "__main__":
    run_entry_point(main)
