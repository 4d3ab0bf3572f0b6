"""Slack as a receiver: by an incoming webhook, or by a bot, which has threads and can change what it said."""

import time
from collections.abc import Callable
from http.client import HTTPException
from typing import Final

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError, SlackObjectFormationError
from slack_sdk.webhook import WebhookResponse

from alert_webhook.core.deliveries import SLACK, Delivery
from alert_webhook.core.outbox.database import Database
from alert_webhook.delivery.receiver import Accepted, Refusal
from alert_webhook.delivery.slack.clients import web_client, webhook_client
from alert_webhook.delivery.slack.message import presentation_of
from alert_webhook.delivery.slack.outgoing import Change, Composer, Nothing, Post
from alert_webhook.delivery.slack.refusals import GONE, refusal_of, slack_word
from alert_webhook.settings import AlertWebhookSettings
from vigie_runtime import ConfigurationError, get_logger

NO_ANSWER: Final = (SlackClientError, HTTPException, OSError, ValueError, AttributeError)
"""What slack_sdk raises where the network fails, or where an answer is not of Slack's kind (a list, say)."""

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
        self._timeout = settings.webhook_timeout_seconds
        self._channel = settings.slack_channel or ""
        token = settings.slack_bot_token
        self._bot = web_client(token.get_secret_value(), settings.slack_api_url, self._timeout) if token else None
        self._webhook_url = settings.slack_webhook_url.get_secret_value() if settings.slack_webhook_url else None
        if self._bot is None and self._webhook_url is None:
            raise ConfigurationError("Slack is not set: set SLACK_WEBHOOK_URL, or SLACK_BOT_TOKEN and SLACK_CHANNEL.")

    def send(self, delivery: Delivery) -> Accepted | Refusal:
        """Make one attempt; a repeat carries the same message_id, as the id of the message's first block."""
        with self._database.reading() as connection:
            content = self._composer.compose(connection, delivery, round(self._clock() * 1000))
        try:
            if isinstance(content, Nothing):
                return _left_as_it_is(delivery, content.reason)
            if isinstance(content, Change):
                return self._change(delivery, content)
            return self._post(content)
        except SlackObjectFormationError:
            return Refusal("the message breaks a limit of Slack's", is_of_this_message=True)
        except NO_ANSWER as error:
            # its text may hold the address
            return Refusal(f"no answer ({type(error).__name__})")

    def close(self) -> None:
        """Each attempt has a connection of its own; nothing stays open."""

    def _post(self, content: Post) -> Accepted | Refusal:
        if self._bot is None:
            message = content.message
            client = webhook_client(self._webhook_url or "", self._timeout)
            return self._judge(client.send(text=message.text, blocks=message.blocks))
        channel, thread = _place(content.thread) if content.thread else (self._channel, None)
        try:
            return _posted(self._bot, content, channel, thread)
        except SlackApiError as error:
            if thread is None or _word(error) not in GONE:
                return self._refusal(error)
        try:
            return _posted(self._bot, content, channel, None)
        except SlackApiError as error:
            return self._refusal(error)

    def _change(self, delivery: Delivery, content: Change) -> Accepted | Refusal:
        message = content.message
        if self._bot is None or content.reference is None:
            client = webhook_client(content.response_url or "", self._timeout)
            answer = client.send(text=message.text, blocks=message.blocks, replace_original=True)
            is_gone = answer.status_code in (404, 410) or slack_word(answer.body) in GONE
            return _left_as_it_is(delivery, "its time is over") if is_gone else self._judge(answer)
        channel, moment = _place(content.reference)
        try:
            self._bot.chat_update(channel=channel, ts=moment, text=message.text, blocks=message.blocks)
        except SlackApiError as error:
            word = _word(error)
            return _left_as_it_is(delivery, f"Slack says {word}") if word in GONE else self._refusal(error)
        return Accepted()

    def _judge(self, answer: WebhookResponse) -> Accepted | Refusal:
        word = slack_word(answer.body)
        if 200 <= answer.status_code < 300 and word in ("", "ok"):
            return Accepted()
        return refusal_of(answer.status_code, word, answer.headers, self._clock)

    def _refusal(self, error: SlackApiError) -> Refusal:
        return refusal_of(error.response.status_code, _word(error), error.response.headers, self._clock)


def _posted(bot: WebClient, content: Post, channel: str, thread: str | None) -> Accepted:
    answer = bot.chat_postMessage(
        channel=channel,
        thread_ts=thread,
        text=content.message.text,
        blocks=content.message.blocks,
        unfurl_links=False,
        unfurl_media=False,
    )
    return Accepted(f"{answer.get('channel') or channel}/{answer.get('ts')}")


def _place(reference: str) -> tuple[str, str]:
    """Channel and time stamp, by which Slack knows a message."""
    channel, _, moment = reference.partition("/")
    return channel, moment


def _word(error: SlackApiError) -> str:
    word = error.response.get("error")
    return slack_word(word if isinstance(word, str) else "")


def _left_as_it_is(delivery: Delivery, reason: str) -> Accepted:
    log.info("slack left as it is", message_id=delivery.message_id, reason=reason)
    return Accepted()
