"""Buttons in Slack: which requests are believed, what was clicked, and what follows from it.

Slack signs the raw body with the signing secret, together with a time that may be five minutes off at most. What was
clicked is one of our own buttons with an alert's id in it. The answer is kept in the outbox before Slack is answered;
the message changes by a delivery of its own, so a click is answered at once.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, ConfigDict, Field
from slack_sdk.signature import Clock, SignatureVerifier

from alert_webhook.core.answers import Person, decide, snooze
from alert_webhook.core.challengers import queue_approval
from alert_webhook.core.outbox.access import remember_click
from alert_webhook.core.outbox.database import Connection, Database
from alert_webhook.core.recipients import Recipients
from alert_webhook.delivery.slack.blocks import CONFIRM_FRAUD, FALSE_ALARM, SNOOZE
from alert_webhook.delivery.slack.challenger import APPROVE, REJECT
from alert_webhook.errors import ForgedRequestError, RepeatedRequestError, UnknownAlertError, UnreadableRequestError
from alert_webhook.settings import AlertWebhookSettings
from vigie_runtime import VigieError, get_logger

Verb = Literal["confirm_fraud", "false_alarm", "snooze", "approve_challenger", "reject_challenger"]

VERBS: Final[Mapping[str, Verb]] = {
    CONFIRM_FRAUD: "confirm_fraud",
    FALSE_ALARM: "false_alarm",
    SNOOZE: "snooze",
    APPROVE: "approve_challenger",
    REJECT: "reject_challenger",
}
STATUS: Final[Mapping[type[VigieError], int]] = {
    ForgedRequestError: 401,
    RepeatedRequestError: 409,
    UnknownAlertError: 404,
    UnreadableRequestError: 400,
}
MAX_NAME_LENGTH: Final = 40
ALERT_ID: Final = "alert:[A-Za-z0-9._:@-]{1,64}"
CHALLENGER: Final = "challenger:([1-9][0-9]{0,14})"
WHY_IN_SLACK: Final = "by a button in Slack"

log = get_logger(__name__)


@dataclass(frozen=True)
class SlackAction:
    """What a person clicked."""

    verb: Verb
    about: str
    """The alert's id, or `challenger:` with its version."""
    person: Person
    response_url: str | None
    """Where the message can be changed for half an hour; None where the address is not to be trusted."""


class _User(BaseModel):
    id: Annotated[str, Field(pattern="^[A-Z0-9]{1,32}$")]
    username: str = ""
    name: str = ""


class _Action(BaseModel):
    action_id: str
    value: Annotated[str, Field(max_length=2000)] = ""


class _Click(BaseModel):
    """Slack's payload as far as it matters here."""

    model_config = ConfigDict(extra="ignore")

    type: str
    user: _User
    actions: Annotated[list[_Action], Field(min_length=1)]
    response_url: str | None = None


class _StoppedClock(Clock):
    def __init__(self, now_ms: int) -> None:
        self._now_seconds = now_ms / 1000

    def now(self) -> float:
        return self._now_seconds


def handle_action(
    database: Database,
    settings: AlertWebhookSettings,
    recipients: Recipients,
    body: bytes,
    headers: Mapping[str, str],
    now_ms: int,
) -> tuple[int, dict[str, object]]:
    """Do what was clicked; status and JSON of the answer. Raises nothing that a request could cause."""
    if settings.slack_signing_secret is None:
        return 404, {"error": "Buttons are off: set SLACK_SIGNING_SECRET to make them work."}
    verifier = SignatureVerifier(settings.slack_signing_secret.get_secret_value(), _StoppedClock(now_ms))
    try:
        action = parse_action(body, headers, verifier, settings)
        if action is not None:
            with database.writing() as connection:
                _refuse_repeat(connection, headers, now_ms)
                _do(connection, action, settings, recipients, now_ms)
    except VigieError as error:
        log.warning("slack action refused", reason=type(error).__name__)
        return STATUS.get(type(error), 400), {"error": str(error)}
    return 200, {}


def parse_action(
    body: bytes, headers: Mapping[str, str], verifier: SignatureVerifier, settings: AlertWebhookSettings
) -> SlackAction | None:
    """What was clicked; None for a click on something that is not ours.

    Raise ForgedRequestError, or UnreadableRequestError for what Slack signed but we cannot read.
    """
    if not _is_slacks(body, headers, verifier):
        raise ForgedRequestError
    try:
        (payload,) = parse_qs(body.decode(), strict_parsing=True, max_num_fields=10)["payload"]
        click = _Click.model_validate_json(payload)
    except (ValueError, KeyError):  # ValidationError is a ValueError; its text would quote the payload
        raise UnreadableRequestError from None
    verb, about = click.actions[0].action_id, click.actions[0].value
    if click.type != "block_actions" or verb not in VERBS:
        return None
    if not re.fullmatch(CHALLENGER if verb in (APPROVE, REJECT) else ALERT_ID, about):
        raise UnreadableRequestError
    name = click.user.username or click.user.name
    display_name = "".join(mark for mark in name if mark.isprintable())[:MAX_NAME_LENGTH].strip() or None
    person = Person(f"slack:{click.user.id}", "slack", display_name)
    response_url = trusted_response_url(click.response_url, settings)
    if click.response_url is not None and response_url is None:
        log.warning("slack response address not trusted")
    return SlackAction(VERBS[verb], about, person, response_url)


def trusted_response_url(url: str | None, settings: AlertWebhookSettings) -> str | None:
    """The address if messages may be posted to it, else None.

    It must be https on the host of VIGIE_SLACK_API_URL or on one below it: hooks.slack.com for slack.com. With
    VIGIE_WEBHOOK_PRIVATE, which allows receivers in one's own network, any http or https address serves.
    """
    try:
        address = urlsplit(url or "")
        is_plain = address.port is None and address.username is None
    except ValueError:
        return None
    if settings.webhook_private:
        return url if address.scheme in ("http", "https") and address.hostname else None
    host, slack = address.hostname or "", urlsplit(settings.slack_api_url).hostname or ""
    is_slacks = host == slack or host.endswith(f".{slack}")
    return url if address.scheme == "https" and is_plain and is_slacks else None


def _is_slacks(body: bytes, headers: Mapping[str, str], verifier: SignatureVerifier) -> bool:
    try:
        return verifier.is_valid_request(body, headers)
    except (ValueError, OverflowError, TypeError):  # a time that is no number or endless, signs that are not ASCII
        return False


def _refuse_repeat(connection: Connection, headers: Mapping[str, str], now_ms: int) -> None:
    """Remember the request by its signature; raise RepeatedRequestError when it came before."""
    signature = next(value for name, value in headers.items() if name.lower() == "x-slack-signature")
    if not remember_click(connection, signature, now_ms=now_ms):
        raise RepeatedRequestError


def _do(
    connection: Connection, action: SlackAction, settings: AlertWebhookSettings, recipients: Recipients, now_ms: int
) -> None:
    if (challenger := re.fullmatch(CHALLENGER, action.about)) is not None:
        is_approved, version = action.verb == "approve_challenger", int(challenger[1])
        queue_approval(connection, version, action.person, is_approved=is_approved, why=WHY_IN_SLACK, now_ms=now_ms)
        return
    alert_id, person, url = action.about, action.person, action.response_url
    if action.verb == "snooze":
        hours = settings.snooze_hours
        snooze(connection, alert_id, person, hours=hours, now_ms=now_ms, recipients=recipients, response_url=url)
        return
    is_fraud = action.verb == "confirm_fraud"
    decide(connection, alert_id, person, is_fraud=is_fraud, now_ms=now_ms, recipients=recipients, response_url=url)
