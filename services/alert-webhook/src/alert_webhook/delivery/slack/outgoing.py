"""What a delivery becomes in Slack, made when it is sent: an alert that was decided meanwhile says so at once."""

from dataclasses import dataclass
from typing import Final

from alert_webhook.core.alerts import StoredAlert
from alert_webhook.core.challengers import DECIDED
from alert_webhook.core.deliveries import SLACK, Delivery
from alert_webhook.core.outbox.alerts import find_alert
from alert_webhook.core.outbox.database import Connection
from alert_webhook.core.outbox.deliveries import deliveries_of, reference_of
from alert_webhook.core.outbox.digests import find_digest
from alert_webhook.core.outbox.episodes import root_of
from alert_webhook.core.outbox.slack_load import held_by_cap
from alert_webhook.core.outbox.snoozes import snooze_of
from alert_webhook.delivery.slack.blocks import ShownAlert, alert_message
from alert_webhook.delivery.slack.challenger import challenger_message
from alert_webhook.delivery.slack.message import Presentation, SlackMessage
from alert_webhook.delivery.slack.notices import alarm_message, digest_message, operations_message
from vigie_schemas import ShadowReport

NOT_KEPT: Final = "its alert is no longer in the outbox"
RESPONSE_URL_MS: Final = 30 * 60_000
"""How long Slack lets a message be changed by the address it sent with a click."""


@dataclass(frozen=True)
class Post:
    """A new message; `thread` is the reference of the one it replies to."""

    message: SlackMessage
    thread: str | None = None


@dataclass(frozen=True)
class Change:
    """A message that is there already, by its reference or by an address that Slack gave for it."""

    message: SlackMessage
    reference: str | None
    response_url: str | None


@dataclass(frozen=True)
class Nothing:
    """There is nothing to send any more, and why."""

    reason: str


@dataclass(frozen=True)
class Composer:
    """Makes messages from what the outbox knows now."""

    look: Presentation
    most_per_minute: int

    def compose(self, connection: Connection, delivery: Delivery, now_ms: int) -> Post | Change | Nothing:
        """What to send for the delivery."""
        mark = delivery.message_id
        if delivery.kind == "operations":
            return Post(operations_message(delivery.body, self.look, mark))
        if delivery.kind == "alarm":
            held = held_by_cap(connection, int(str(delivery.body["since_ms"])))
            return Post(alarm_message(held, self.most_per_minute, self.look, mark))
        if delivery.kind == "challenger":
            report = ShadowReport.model_validate({**delivery.body, "one_sided": []})
            question = reference_of(connection, mark.removesuffix(DECIDED)) if mark.endswith(DECIDED) else None
            return Post(challenger_message(report, self.look, mark), question)
        if delivery.kind == "digest":
            digest = find_digest(connection, delivery.message_id)
            return Nothing(NOT_KEPT) if digest is None else Post(digest_message(digest, self.look, mark))
        stored = find_alert(connection, delivery.alert_id or "")
        if stored is None:
            return Nothing(NOT_KEPT)
        if delivery.kind == "decision":
            return self._change(connection, delivery, stored, now_ms)
        thread = _thread(connection, stored)
        return Post(self._alert(connection, stored, now_ms, mark, is_reply=thread is not None), thread)

    def _alert(
        self, connection: Connection, stored: StoredAlert, now_ms: int, mark: str, *, is_reply: bool
    ) -> SlackMessage:
        shown = ShownAlert(stored, snooze_of(connection, stored.alert, now_ms), is_reply)
        return alert_message(shown, self.look, mark)

    def _change(self, connection: Connection, delivery: Delivery, stored: StoredAlert, now_ms: int) -> Change | Nothing:
        reference = reference_of(connection, stored.alert.alert_id)
        response_url = _response_url(connection, stored.alert.alert_id, now_ms)
        if reference is None and response_url is None:
            return Nothing("no way to change its message: an incoming webhook can for half an hour after a click")
        is_reply = stored.handling == "thread" and _thread(connection, stored) is not None
        message = self._alert(connection, stored, now_ms, delivery.message_id, is_reply=is_reply)
        return Change(message, reference, response_url)


def _thread(connection: Connection, stored: StoredAlert) -> str | None:
    """What Slack calls the message that the alert replies to; None for one that stands alone."""
    if stored.handling != "thread" or stored.episode_id is None:
        return None
    root = root_of(connection, stored.episode_id)
    return None if root is None else reference_of(connection, root)


def _response_url(connection: Connection, alert_id: str, now_ms: int) -> str | None:
    """The address of the latest click on the alert's message; it also serves what was decided elsewhere after it."""
    for delivery in reversed(deliveries_of(connection, [alert_id])[alert_id]):
        is_fresh = delivery.queued_at_ms > now_ms - RESPONSE_URL_MS
        if delivery.receiver == SLACK and is_fresh and "response_url" in delivery.body:
            return str(delivery.body["response_url"])
    return None
