"""An alert as a message: what happened, why it is unusual, what to do about it, and what was done."""

from dataclasses import dataclass
from typing import Final

from slack_sdk.models.blocks import Block, ButtonElement

from alert_webhook.core.alerts import StoredAlert, grafana_link, page_link
from alert_webhook.core.outbox.snoozes import Snooze
from alert_webhook.delivery.slack.message import Presentation, SlackMessage, buttons, context, fields, header, section
from alert_webhook.delivery.slack.mrkdwn import amount, escaped, link, mention, moment
from vigie_schemas import Alert, Transaction

CONFIRM_FRAUD: Final = "confirm_fraud"
FALSE_ALARM: Final = "false_alarm"
SNOOZE: Final = "snooze"

SEVERITY: Final = {"high": "🔴 High", "medium": "🟠 Medium", "low": "🟡 Low"}


@dataclass(frozen=True)
class ShownAlert:
    """An alert and all that its message shows, as it is now."""

    stored: StoredAlert
    snooze: Snooze | None = None
    is_reply: bool = False
    """It stands in the thread of its episode's first one."""


def alert_message(shown: ShownAlert, look: Presentation, mark: str) -> SlackMessage:
    """The alert's message, or its reply; the same function before and after a decision."""
    stored = shown.stored
    alert = stored.alert
    headline = f"{SEVERITY[alert.severity]}: {_amount(alert)} does not fit {escaped(alert.account_id, 64)}"
    top = section(f"*{headline}*", mark) if shown.is_reply else header(headline, mark)
    blocks = [top, *_outcome(shown, look), _facts(alert, look), section(_reasons(alert)), _small_print(alert, look)]
    if look.has_buttons:
        blocks.append(_buttons(shown, look))
    return SlackMessage(f"{_decided(stored)}{headline}. {_first_reason(alert)}".strip(), blocks)


def alert_line(stored: StoredAlert, look: Presentation) -> str:
    """The alert in one line of a list."""
    alert = stored.alert
    what = f"{SEVERITY[alert.severity]}: {_amount(alert)}, `{escaped(alert.account_id, 64)}`"
    return f"• {what}, score {alert.score:.3f}. {_decided(stored)}{link(page_link(look.page_url, alert), 'Open')}"


def _outcome(shown: ShownAlert, look: Presentation) -> list[Block]:
    texts: list[str] = []
    stored = shown.stored
    if stored.is_fraud is not None and stored.decided_by is not None and stored.decided_at_ms is not None:
        decision = "Confirmed as fraud" if stored.is_fraud else "False alarm"
        texts.append(f"*{decision}*, says {mention(stored.decided_by)}, {moment(stored.decided_at_ms, look.zone)}")
    if shown.snooze is not None:
        until = moment(shown.snooze.until_ms, look.zone)
        texts.append(f"*Snoozed* by {mention(shown.snooze.person)}: alerts like this one stay silent until {until}")
    return [section("\n".join(texts))] if texts else []


def _facts(alert: Alert, look: Presentation) -> Block:
    transaction = alert.transaction
    worth = "" if transaction.currency == "EUR" else f" ({amount(alert.amount_eur, 'EUR')})"
    return fields(
        f"*Amount*\n{_amount(alert)}{worth}",
        f"*Account*\n`{escaped(alert.account_id, 64)}`",
        f"*Place*\n{_place(transaction)}",
        f"*Time*\n{moment(transaction.timestamp_ms, look.zone)}",
        f"*Score*\n{alert.score:.3f} against {alert.threshold:.3f}",
        f"*Segment*\n{escaped(alert.segment.replace('_', ' '), 100) or 'all accounts'}",
    )


def _place(transaction: Transaction) -> str:
    known = (transaction.country, transaction.category, transaction.merchant_id)
    return ", ".join(escaped(part, 200) for part in known if part) or "not known"


def _reasons(alert: Alert) -> str:
    if not alert.reasons:
        return "*Why*\nNo single reason stands out; the payment as a whole is unusual."
    lines = [f"• {escaped(reason.text or reason.feature, 500)} ({reason.share:.0%})" for reason in alert.reasons]
    return "\n".join(["*Why*", *lines])


def _small_print(alert: Alert, look: Presentation) -> Block:
    grafana = grafana_link(look.grafana_url, alert)
    links = [link(page_link(look.page_url, alert), "Live page")]
    if grafana is not None:
        links.append(link(grafana, "Account in Grafana"))
    versions = f"Model {alert.model_version}, threshold version {alert.threshold_version}, {alert.alert_id}"
    return context(" · ".join(links), versions)


def _buttons(shown: ShownAlert, look: Presentation) -> Block:
    alert_id, is_fraud = shown.stored.alert.alert_id, shown.stored.is_fraud
    choices: list[ButtonElement] = []
    if is_fraud is None:
        choices.append(_button("Confirm fraud", CONFIRM_FRAUD, alert_id, "danger"))
        choices.append(_button("False alarm", FALSE_ALARM, alert_id, "primary"))
    elif is_fraud:
        choices.append(_button("Change to false alarm", FALSE_ALARM, alert_id))
    else:
        choices.append(_button("Change to confirmed fraud", CONFIRM_FRAUD, alert_id))
    if is_fraud is None and shown.snooze is None:
        choices.append(_button(f"Snooze {look.snooze_hours:g} h", SNOOZE, alert_id))
    return buttons(*choices)


def _button(words: str, action: str, alert_id: str, style: str | None = None) -> ButtonElement:
    return ButtonElement(text=words, action_id=action, value=alert_id, style=style)


def _amount(alert: Alert) -> str:
    return amount(alert.transaction.amount, alert.transaction.currency)


def _decided(stored: StoredAlert) -> str:
    if stored.is_fraud is None:
        return ""
    return "Confirmed fraud. " if stored.is_fraud else "False alarm. "


def _first_reason(alert: Alert) -> str:
    return escaped(alert.reasons[0].text, 200) if alert.reasons else ""
