"""Episodes: alerts of one account that come without a long silence between them."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from alert_webhook.core.outbox.tables import alerts, episodes
from alert_webhook.core.triage.rules import VolumeRules, is_open
from vigie_schemas import Alert


@dataclass(frozen=True)
class Episode:
    """An episode that still takes alerts."""

    episode_id: str
    root_alert_id: str | None
    """The alert that has a message of its own, to which later ones belong; None while all of them were held back."""


def open_episode(connection: Connection, account_id: str, at_ms: int, rules: VolumeRules) -> Episode | None:
    """The account's open episode."""
    query = select(episodes).where(episodes.c.account_id == account_id).order_by(episodes.c.opened_at_ms.desc())
    row = connection.execute(query.limit(1)).first()
    if row is None or not is_open(row.opened_at_ms, row.last_alert_at_ms, at_ms, rules):
        return None
    return Episode(row.episode_id, root_of(connection, row.episode_id))


def root_of(connection: Connection, episode_id: str) -> str | None:
    """The episode's alert that has a message of its own."""
    shown = select(alerts.c.alert_id).where(alerts.c.episode_id == episode_id, alerts.c.handling == "message")
    return connection.execute(shown.order_by(alerts.c.received_at_ms, alerts.c.offset).limit(1)).scalar()


def join_episode(connection: Connection, alert: Alert, episode: Episode | None, at_ms: int) -> str:
    """Count the alert to the open episode or open one with it; the episode's id."""
    if episode is not None:
        grown = {"last_alert_at_ms": at_ms, "alert_count": episodes.c.alert_count + 1}
        connection.execute(update(episodes).where(episodes.c.episode_id == episode.episode_id).values(**grown))
        return episode.episode_id
    episode_id = f"episode:{alert.transaction.transaction_id}"
    connection.execute(
        insert(episodes).values(
            episode_id=episode_id,
            account_id=alert.account_id,
            first_alert_id=alert.alert_id,
            opened_at_ms=at_ms,
            last_alert_at_ms=at_ms,
            alert_count=1,
        )
    )
    return episode_id
