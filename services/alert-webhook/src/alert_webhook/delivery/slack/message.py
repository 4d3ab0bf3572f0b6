"""A message to Slack, and what all messages are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    HeaderBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from alert_webhook.settings import AlertWebhookSettings

MAX_BLOCKS: Final = 50
"""Slack's limit of a message; those of a single block slack_sdk checks itself."""


@dataclass(frozen=True)
class Presentation:
    """How messages look, as far as the settings say."""

    page_url: str
    grafana_url: str | None
    zone: ZoneInfo
    snooze_hours: float
    has_buttons: bool
    """Only where Slack's answers can be believed, by its signing secret."""


@dataclass(frozen=True)
class SlackMessage:
    """Blocks, and the text for notifications and screen readers."""

    text: str
    blocks: Sequence[Block]


def presentation_of(settings: AlertWebhookSettings) -> Presentation:
    """The look the settings give."""
    return Presentation(
        page_url=settings.page_url,
        grafana_url=settings.grafana_url,
        zone=ZoneInfo(settings.time_zone),
        snooze_hours=settings.snooze_hours,
        has_buttons=settings.slack_signing_secret is not None,
    )


def header(text: str, mark: str) -> Block:
    """The headline. `mark` is the message's id, by which a repeat is recognised."""
    return HeaderBlock(text=PlainTextObject(text=text, emoji=False), block_id=mark)


def section(text: str, mark: str | None = None) -> Block:
    """A paragraph."""
    return SectionBlock(text=_mrkdwn(text), block_id=mark)


def fields(*texts: str) -> Block:
    """Short facts in two columns."""
    return SectionBlock(fields=[_mrkdwn(text) for text in texts])


def context(*texts: str) -> Block:
    """Small print."""
    return ContextBlock(elements=[_mrkdwn(text) for text in texts])


def buttons(*elements: ButtonElement) -> Block:
    """A row of buttons."""
    return ActionsBlock(elements=list(elements))


def _mrkdwn(text: str) -> MarkdownTextObject:
    # verbatim: Slack makes no links of its own out of what comes from data
    return MarkdownTextObject(text=text, verbatim=True)
