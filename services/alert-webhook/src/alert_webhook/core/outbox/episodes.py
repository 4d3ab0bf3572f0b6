"""SQL of episodes: alerts of one account that come without a long pause between them."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Select, insert, select, update

from alert_webhook.core.outbox.database import Connection
from alert_webhook.core.outbox.tables import alerts, episodes
from vigie_schemas import Alert


@dataclass(frozen=True)
class Episode:
    """Alerts of one account that belong together."""

    episode_id: str
    opened_at_ms: int
    last_alert_at_ms: int
    root_alert_id: str | None
    """The alert that has a message of its own, to which later ones belong; None while all of them were held back."""


def latest_episode(connection: Connection, account_id: str) -> Episode | None:
    """The account's episode that was opened last, over or not."""
    root = _root(episodes.c.episode_id).scalar_subquery().label("root_alert_id")
    query = select(episodes.c.episode_id, episodes.c.opened_at_ms, episodes.c.last_alert_at_ms, root)
    of_account = query.where(episodes.c.account_id == account_id).order_by(episodes.c.opened_at_ms.desc())
    row = connection.execute(of_account.limit(1)).mappings().first()
    return None if row is None else Episode(**row)


def root_of(connection: Connection, episode_id: str) -> str | None:
    """The episode's alert that has a message of its own."""
    return connection.scalar(_root(episode_id))


def open_episode(connection: Connection, alert: Alert, at_ms: int) -> str:
    """Open an episode with the alert; the episode's id."""
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


def extend_episode(connection: Connection, episode_id: str, at_ms: int) -> str:
    """Count one more alert to the episode; the episode's id."""
    grown = {"last_alert_at_ms": at_ms, "alert_count": episodes.c.alert_count + 1}
    connection.execute(update(episodes).where(episodes.c.episode_id == episode_id).values(**grown))
    return episode_id


def episode_counts(connection: Connection, episode_ids: Collection[str]) -> dict[str, int]:
    """How many alerts each of these episodes has."""
    query = select(episodes.c.episode_id, episodes.c.alert_count).where(episodes.c.episode_id.in_(episode_ids))
    return {row.episode_id: row.alert_count for row in connection.execute(query)}


def first_alerts(connection: Connection, episode_ids: Collection[str]) -> set[str]:
    """Ids of the alerts that opened these episodes."""
    query = select(episodes.c.first_alert_id).where(episodes.c.episode_id.in_(episode_ids))
    return set(connection.execute(query).scalars())


def _root(episode_id: object) -> Select:
    shown = select(alerts.c.alert_id).where(alerts.c.episode_id == episode_id, alerts.c.handling == "message")
    return shown.order_by(alerts.c.received_at_ms, alerts.c.offset).limit(1)
