"""What Slack's answers mean: try again, ask a person, or give this one message up."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Final

from alert_webhook.delivery.receiver import Refusal
from alert_webhook.delivery.retry import asked_wait

OF_THE_MESSAGE: Final = frozenset(
    {
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_attachments",
        "invalid_metadata_format",
        "invalid_payload",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "too_many_attachments",
    }
)
"""Slack's words for a content it does not take."""

WHAT_TO_DO: Final[Mapping[str, str]] = {
    "access_denied": "the workspace does not let the app in: ask its administrator",
    "account_inactive": "the app was removed from the workspace: install it again and set the new SLACK_BOT_TOKEN",
    "action_prohibited": "an administrator restricts the webhook: ask for permission",
    "channel_is_archived": "the channel is archived: set up the webhook for another one",
    "channel_not_found": "the channel does not exist or the bot cannot see it: check SLACK_CHANNEL, invite the bot",
    "invalid_auth": "the token is not valid: check SLACK_BOT_TOKEN",
    "invalid_token": "the webhook's address is not valid: check SLACK_WEBHOOK_URL",
    "is_archived": "the channel is archived: set another SLACK_CHANNEL",
    "missing_scope": "the token may not do this: give the app the scope chat:write and install it again",
    "no_active_hooks": "the webhook is switched off: make a new one and set SLACK_WEBHOOK_URL",
    "no_permission": "the token may not do this: give the app the scope chat:write and install it again",
    "no_service": "the webhook no longer exists: make a new one and set SLACK_WEBHOOK_URL",
    "no_service_id": "the webhook's address is not whole: check SLACK_WEBHOOK_URL",
    "no_team": "the workspace does not exist: check SLACK_WEBHOOK_URL",
    "not_authed": "there is no token: check SLACK_BOT_TOKEN",
    "not_in_channel": "the bot is not in the channel: invite it",
    "posting_to_general_channel_denied": "the bot may not post to this channel: set another SLACK_CHANNEL",
    "restricted_action": "the workspace does not let the bot post there: ask its administrator",
    "team_access_not_granted": "the app is not installed in this workspace: ask its administrator",
    "token_expired": "the token has expired: set the new SLACK_BOT_TOKEN",
    "token_revoked": "the token was revoked: install the app again and set the new SLACK_BOT_TOKEN",
}
"""By Slack's word for what stands in the way, the way out."""

GONE: Final = frozenset(
    {
        "cannot_reply_to_message",
        "cant_update_message",
        "edit_window_closed",
        "expired_url",
        "is_inactive",
        "message_not_found",
        "thread_not_found",
        "used_url",
    }
)
"""The message that was to be changed or replied to is not there any more, or may not be changed."""

PASSING_STATUS: Final = frozenset({408, 425, 429})
MESSAGE_STATUS: Final = frozenset({400, 413, 414, 422})


def slack_word(body: str) -> str:
    """Slack's own word for an error; empty for an answer that is none, because it could hold anything."""
    try:
        answer = json.loads(body)
    except ValueError:
        answer = body  # webhooks answer with the word alone
    word = answer.get("error") if isinstance(answer, dict) else answer
    return word if isinstance(word, str) and re.fullmatch("[a-z_]{1,60}", word) else ""


def refusal_of(status: int, word: str, headers: Mapping[str, str], clock: Callable[[], float]) -> Refusal:
    """Why Slack did not take it, from the answer's status and Slack's own word."""
    asked = asked_wait(_retry_after(headers), clock)
    if status == 429 or word in ("ratelimited", "rate_limited"):
        return Refusal("Slack asks for fewer messages", asked)
    if 300 <= status < 400:
        return Refusal(
            f"it redirects ({status}), which is not followed: set the final address", asked, needs_a_person=True
        )
    if word in WHAT_TO_DO:
        return Refusal(f"Slack says {word}: {WHAT_TO_DO[word]}", asked, needs_a_person=True)
    says = f"Slack says {word}" if word else f"Slack answers {status}"
    if word in OF_THE_MESSAGE:
        return Refusal(says, asked, is_of_this_message=True)
    is_known_to_pass = 200 <= status < 300 or status >= 500 or status in PASSING_STATUS
    return Refusal(says, asked, needs_a_person=not is_known_to_pass, is_of_this_message=status in MESSAGE_STATUS)


def _retry_after(headers: Mapping[str, str]) -> str | None:
    return next((value for name, value in headers.items() if name.lower() == "retry-after"), None)
