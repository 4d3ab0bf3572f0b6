"""Delivered ids survive, and one process holds the folder."""

from contextlib import closing
from pathlib import Path

from alert_webhook.delivered import KEPT_MS, DeliveredAlerts, FolderLock


def test_ids_survive_a_restart(tmp_path: Path) -> None:
    with closing(DeliveredAlerts(tmp_path / "new", clock=lambda: 1.0)) as delivered:
        assert "alert:t1" not in delivered
        delivered.add("alert:t1")
        delivered.add("alert:t1")
    with closing(DeliveredAlerts(tmp_path / "new", clock=lambda: 1.0)) as delivered:
        assert "alert:t1" in delivered
        assert "alert:t2" not in delivered


def test_ids_older_than_kafka_keeps_alerts_are_forgotten(tmp_path: Path) -> None:
    with closing(DeliveredAlerts(tmp_path, clock=lambda: 1.0)) as delivered:
        delivered.add("alert:t1")
    with closing(DeliveredAlerts(tmp_path, clock=lambda: KEPT_MS / 1000 + 0.9)) as delivered:
        assert "alert:t1" in delivered
    with closing(DeliveredAlerts(tmp_path, clock=lambda: KEPT_MS / 1000 + 1.1)) as delivered:
        assert "alert:t1" not in delivered


def test_one_holds_the_folder(tmp_path: Path) -> None:
    first, second = FolderLock(tmp_path), FolderLock(tmp_path)
    assert first.take()
    assert not second.take()
    first.close()
    assert second.take()
    second.close()
