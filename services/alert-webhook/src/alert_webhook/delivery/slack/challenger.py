"""A challenger as a message: how it compares, and the buttons of those who may let it serve."""

from collections.abc import Mapping
from typing import Final

from slack_sdk.models.blocks import Block, ButtonElement

from alert_webhook.delivery.slack.message import Presentation, SlackMessage, buttons, context, header, section
from alert_webhook.delivery.slack.mrkdwn import escaped, link
from vigie_schemas import Gate, ShadowReport

APPROVE: Final = "approve_challenger"
REJECT: Final = "reject_challenger"
MARKS: Final[Mapping[bool | None, str]] = {True: "✅", False: "❌", None: "⏳"}


def challenger_message(report: ShadowReport, look: Presentation, mark: str) -> SlackMessage:
    """The question whether it may serve, or what became of it."""
    version = report.challenger_version
    if report.state == "awaiting_approval":
        headline = f"May version {version} serve?"
        text = f"It has passed its gates beside champion {report.champion_version} and waits for a person."
    else:
        headline = f"Version {version} {'serves now' if report.state == 'promoted' else 'was rejected'}"
        text = f"By {escaped(report.decided_by or 'the trainer', 100)}: {escaped(report.decided_why or '', 300)}"
    counts = (
        f"{report.rows:,} transactions, {report.frauds:,} known frauds. Alerts: {report.champion_alerts:,} of the "
        f"champion, {report.challenger_alerts:,} of the challenger, {report.common_alerts:,} of both."
    )
    blocks: list[Block] = [header(headline, mark), section(f"{text}\n{counts}")]
    if report.state == "awaiting_approval":
        blocks.append(section("\n".join(_gate(gate) for gate in report.gates)))
        if look.has_buttons:
            blocks.append(buttons(_button("Let it serve", APPROVE, version), _button("Reject it", REJECT, version)))
    blocks.append(context(link(look.page_url, "Alerts that only one of them raises, on the live page")))
    return SlackMessage(f"{headline} {text}", blocks)


def _gate(gate: Gate) -> str:
    return f"{MARKS[gate.is_passed]} *{escaped(gate.name, 60)}* {escaped(gate.sentence, 300)}"


def _button(words: str, action: str, version: int) -> ButtonElement:
    return ButtonElement(text=words, action_id=action, value=f"challenger:{version}")
