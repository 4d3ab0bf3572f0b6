"""A receiver notes what it was sent, refuses what is not signed, and fails as it is asked to."""

import json
from datetime import UTC, datetime

import httpx2
import pytest
from standardwebhooks import Webhook

from vigie_testing.inbox import SECRET, Answer, Inbox, slack_message


def post(inbox: Inbox, message_id: str, content: dict[str, object], *, signature: str | None = None) -> int:
    body, at = json.dumps(content), datetime.now(UTC)
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature or Webhook(SECRET).sign(message_id, at, body),
    }
    return httpx2.post(inbox.url, content=body, headers=headers, trust_env=False).status_code


def test_signed_messages_are_kept_in_the_order_of_their_acceptance() -> None:
    with Inbox(lambda message_id: Answer(503 if message_id == "m2" else 200)) as inbox:
        assert [post(inbox, name, {"n": name}) for name in ("m1", "m2", "m3")] == [200, 503, 200]

    assert inbox.accepted == ["m1", "m3"]
    assert inbox.bodies["m2"] == {"n": "m2"}
    assert (inbox.forged, inbox.changed) == (0, 0)


def test_forged_and_changed_messages_are_counted() -> None:
    with Inbox() as inbox:
        assert post(inbox, "m1", {"n": 1}, signature="v1,AAAA") == 401
        assert post(inbox, "m1", {"n": 1}) == 200
        assert post(inbox, "m1", {"n": 2}) == 200

    assert (inbox.forged, inbox.changed) == (1, 1)


def test_a_connection_is_reset_where_that_is_the_answer() -> None:
    with Inbox(lambda message_id: Answer(fault="reset")) as inbox, pytest.raises(httpx2.NetworkError):
        post(inbox, "m1", {})

    assert inbox.accepted == []


def test_a_message_of_slack_is_named_by_its_block() -> None:
    with Inbox(read=slack_message) as inbox:
        assert post(inbox, "ignored", {"blocks": [{"block_id": "alert:tx-1"}]}) == 200

    assert inbox.accepted == ["alert:tx-1"]
