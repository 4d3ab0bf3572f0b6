"""Slack as a receiver: by an incoming webhook, or by a bot, which has threads and can change what it posted."""

import time
from collections.abc import Callable
from typing import Final

import httpx2
from slack_sdk.errors import SlackObjectFormationError

from alert_webhook.core.deliveries import SLACK, Delivery
from alert_webhook.core.outbox.database import Database
from alert_webhook.delivery.receiver import Accepted, Refusal
from alert_webhook.delivery.slack.client import SlackAnswer, SlackClient
from alert_webhook.delivery.slack.message import SlackMessage, presentation_of
from alert_webhook.delivery.slack.outgoing import Change, Composer, Nothing, Post
from alert_webhook.delivery.slack.refusals import GONE, refusal_of, slack_word
from alert_webhook.settings import AlertWebhookSettings
from vigie_runtime import ConfigurationError, get_logger

POST: Final = "chat.postMessage"
UPDATE: Final = "chat.update"

log = get_logger(__name__)


class SlackReceiver:
    """Sends what people in Slack are to see."""

    name = SLACK

    def __init__(
        self, settings: AlertWebhookSettings, database: Database, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._clock = clock
        self._composer = Composer(presentation_of(settings), settings.most_per_minute)
        self._channel = settings.slack_channel or ""
        self._api_url = settings.slack_api_url.rstrip("/")
        self._token = settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else None
        self._webhook_url = settings.slack_webhook_url.get_secret_value() if settings.slack_webhook_url else None
        if self._token is None and self._webhook_url is None:
            raise ConfigurationError("Slack is not set: set SLACK_WEBHOOK_URL, or SLACK_BOT_TOKEN and SLACK_CHANNEL.")
        self._client = SlackClient(settings.webhook_timeout_seconds)

    def send(self, delivery: Delivery) -> Accepted | Refusal:
        """Make one attempt; a repeat carries the same message_id, as the id of the message's first block."""
        with self._database.reading() as connection:
            content = self._composer.compose(connection, delivery, round(self._clock() * 1000))
        try:
            if isinstance(content, Nothing):
                return _left_alone(delivery, content.reason)
            if isinstance(content, Change):
                return self._change(delivery, content)
            return self._post(content)
        except SlackObjectFormationError:
            return Refusal("the message breaks a limit of Slack's", is_of_this_message=True)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            # its text may hold the address
            return Refusal(f"no answer ({type(error).__name__})")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _post(self, content: Post) -> Accepted | Refusal:
        if self._token is None:
            return self._outcome(self._client.post(self._webhook_url or "", _body(content.message)))
        channel, thread = _place(content.thread) if content.thread else (self._channel, None)
        answer = self._post_as_bot(content.message, channel, thread)
        if thread is not None and slack_word(answer.body) in GONE:
            answer = self._post_as_bot(content.message, channel, None)
        outcome = self._outcome(answer, needs_ok=True)
        if isinstance(outcome, Refusal):
            return outcome
        return Accepted(f"{answer.fields.get('channel') or channel}/{answer.fields.get('ts')}")

    def _post_as_bot(self, message: SlackMessage, channel: str, thread: str | None) -> SlackAnswer:
        where = {"channel": channel, "thread_ts": thread, "unfurl_links": False, "unfurl_media": False}
        return self._client.post(f"{self._api_url}/{POST}", where | _body(message), token=self._token)

    def _change(self, delivery: Delivery, content: Change) -> Accepted | Refusal:
        if self._token is None or content.reference is None:
            changed = _body(content.message) | {"replace_original": True}
            answer = self._client.post(content.response_url or "", changed)
            is_gone = answer.status in (404, 410) or slack_word(answer.body) in GONE
            return _left_alone(delivery, "its time is over") if is_gone else self._outcome(answer)
        channel, moment = _place(content.reference)
        changed = {"channel": channel, "ts": moment} | _body(content.message)
        answer = self._client.post(f"{self._api_url}/{UPDATE}", changed, token=self._token)
        word = slack_word(answer.body)
        if word in GONE:
            return _left_alone(delivery, f"Slack says {word}")
        return self._outcome(answer, needs_ok=True)

    def _outcome(self, answer: SlackAnswer, *, needs_ok: bool = False) -> Accepted | Refusal:
        """Slack's Web API says `ok` in its answer; a webhook answers with the word alone, or with nothing."""
        word = slack_word(answer.body)
        is_ok = answer.fields.get("ok") is True if needs_ok else word in ("", "ok")
        if 200 <= answer.status < 300 and is_ok:
            return Accepted()
        return refusal_of(answer.status, word, answer.headers, self._clock)


def _body(message: SlackMessage) -> dict[str, object]:
    """Raise SlackObjectFormationError for a block that breaks one of Slack's limits."""
    return {"text": message.text, "blocks": [block.to_dict() for block in message.blocks]}


def _place(reference: str) -> tuple[str, str]:
    """Channel and time stamp, by which Slack knows a message."""
    channel, _, moment = reference.partition("/")
    return channel, moment


def _left_alone(delivery: Delivery, reason: str) -> Accepted:
    log.info("slack message left unchanged", message_id=delivery.message_id, reason=reason)
    return Accepted()
