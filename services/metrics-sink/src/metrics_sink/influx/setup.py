"""Buckets and the downsampling task, created or corrected at each start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from metrics_sink.influx.downsampling import task_flux, task_name
from vigie_runtime import ConfigurationError, get_logger
from vigie_schemas import minute_bucket

if TYPE_CHECKING:
    from influxdb_client import InfluxDBClient

DAY_SECONDS: Final = 86_400

log = get_logger(__name__)


def set_up(client: InfluxDBClient, org: str, bucket: str, *, seconds_kept_days: int, minutes_kept_days: int) -> None:
    """Create what is missing, correct what differs; raise ConfigurationError when the organisation does not exist."""
    known = [found for found in client.organizations_api().find_organizations() or [] if found.name == org]
    if not known:
        raise ConfigurationError(
            f"InfluxDB has no organisation {org} that this token may read. Create it or correct INFLUXDB_ORG."
        )
    org_id = str(known[0].id)
    _ensure_bucket(client, org_id, bucket, seconds_kept_days)
    _ensure_bucket(client, org_id, minute_bucket(bucket), minutes_kept_days)
    _ensure_task(client, org_id, bucket)


def _ensure_bucket(client: InfluxDBClient, org_id: str, name: str, days: int) -> None:
    from influxdb_client import BucketRetentionRules

    rules = BucketRetentionRules(type="expire", every_seconds=days * DAY_SECONDS)
    api = client.buckets_api()
    found = api.find_bucket_by_name(name)
    if found is None:
        api.create_bucket(bucket_name=name, org=org_id, retention_rules=rules)
        log.info("bucket created", bucket=name, days=days)
    elif [rule.every_seconds for rule in found.retention_rules] != [rules.every_seconds]:
        found.retention_rules = [rules]
        api.update_bucket(found)
        log.info("retention changed", bucket=name, days=days)


def _ensure_task(client: InfluxDBClient, org_id: str, bucket: str) -> None:
    from influxdb_client import TaskCreateRequest

    api, flux = client.tasks_api(), task_flux(bucket)
    tasks = api.find_tasks(name=task_name(bucket), org_id=org_id)
    if [(task.flux, task.status) for task in tasks] == [(flux, "active")]:
        return
    for task in tasks:  # replaced and not updated, because InfluxDB would format an updated text again
        api.delete_task(task.id)
    api.create_task(task_create_request=TaskCreateRequest(org_id=org_id, flux=flux, status="active"))
    log.info("task created", task=task_name(bucket))
