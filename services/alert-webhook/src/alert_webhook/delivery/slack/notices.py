"""Messages that are not of one alert: digests, the alarm of the hard cap, and Grafana's alerts about Vigie itself."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from slack_sdk.models.blocks import Block

from alert_webhook.core.alerts import SEVERITIES
from alert_webhook.core.outbox.digests import Digest
from alert_webhook.delivery.slack.blocks import alert_line
from alert_webhook.delivery.slack.message import MAX_BLOCKS, Presentation, SlackMessage, context, header, section
from alert_webhook.delivery.slack.mrkdwn import escaped, link, moment

CAUSES: Final[Mapping[str, str]] = {
    "quiet_hours": "in quiet hours",
    "rate": "above the rate of new messages",
    "hard_cap": "above the cap of all messages",
    "episode": "later in an episode",
}
MAX_ADDRESS_LENGTH: Final = 500


def digest_message(digest: Digest, look: Presentation, mark: str) -> SlackMessage:
    """One message for all that was held back."""
    title = f"{digest.number} alert{'s' if digest.number > 1 else ''} held back"
    severities = [f"{digest.by_severity[name]} {name}" for name in reversed(SEVERITIES) if name in digest.by_severity]
    span = f"{moment(digest.first_at_ms, look.zone)} to {moment(digest.last_at_ms, look.zone)}"
    accounts = f"{digest.accounts} account{'s' if digest.accounts > 1 else ''}"
    causes = [f"{number} {CAUSES.get(cause, cause)}" for cause, number in digest.by_cause.items()]
    lines = [alert_line(stored, look) for stored in digest.worst]
    rest = digest.number - len(digest.worst)
    more = [f"and {rest} more."] if rest else []
    blocks = [
        header(title, mark),
        section(f"{', '.join(severities)}, of {accounts}, {span}.\nHeld back: {', '.join(causes)}."),
        section("\n".join([*lines, *more])),
        context(link(look.page_url, "All of them on the live page")),
    ]
    return SlackMessage(f"{title}: {', '.join(severities)}", blocks)


def alarm_message(held: int, most_per_minute: int, look: Presentation, mark: str) -> SlackMessage:
    """The hard cap is reached: said once a minute, however many alerts it holds back."""
    title = "Too many alerts for Slack"
    text = (
        f"{held} alert{'s were' if held != 1 else ' was'} held back so far: Slack gets {most_per_minute} messages a "
        "minute at most. Nothing is lost; they come in the next digest and are on the live page.\n"
        "See what causes so many before you raise VIGIE_MOST_PER_MINUTE."
    )
    return SlackMessage(
        f"{title}. {text}", [header(title, mark), section(text), context(link(look.page_url, "Live page"))]
    )


def operations_message(body: Mapping[str, object], look: Presentation, mark: str) -> SlackMessage:
    """Grafana's alert about Vigie itself, as web/hooks.py keeps it."""
    is_over = body.get("status") == "resolved"
    title = escaped(str(body.get("title") or "an alert of Grafana"), 110)
    headline = f"{'✅ Resolved' if is_over else '🛠️ Vigie needs attention'}: {title}"
    alerts = body.get("alerts")
    listed = [one for one in alerts if isinstance(one, Mapping)] if isinstance(alerts, list) else []
    blocks: list[Block] = [header(headline, mark)]
    blocks += [section(_operations_alert(one)) for one in listed[: MAX_BLOCKS - 2]]
    not_shown = body.get("not_shown")
    links = [link(look.grafana_url, "Grafana")] if look.grafana_url else []
    notes = [*([f"{not_shown} more"] if not_shown else []), *links]
    if notes:
        blocks.append(context(" · ".join(notes)))
    return SlackMessage(headline, blocks)


def _operations_alert(alert: Mapping[str, object]) -> str:
    def said(name: str, longest: int = 500) -> str:
        return escaped(str(alert.get(name) or ""), longest)

    severity = f" ({said('severity', 50)})" if said("severity") else ""
    first = (
        f"*{said('name', 200) or 'Alert'}*{severity}, {said('status', 50) or 'firing'} since {said('started_at', 50)}"
    )
    addresses = {"Panel": alert.get("url"), "What to do": alert.get("runbook_url")}
    links = [link(str(url), words) for words, url in addresses.items() if _is_web_address(str(url))]
    return "\n".join(part for part in (first, said("summary"), " · ".join(links)) if part)


def _is_web_address(url: str) -> bool:
    """Whether it is worth a link; others could run something, or fill the message."""
    try:
        return urlsplit(url).scheme in ("http", "https") and url.isascii() and len(url) <= MAX_ADDRESS_LENGTH
    except ValueError:
        return False
