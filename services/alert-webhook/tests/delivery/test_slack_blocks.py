"""Messages to Slack: what they say, and that nothing in the data can break or abuse them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alert_webhook.core.alerts import StoredAlert
from alert_webhook.core.outbox.digests import Digest
from alert_webhook.core.outbox.snoozes import Snooze
from alert_webhook.delivery.slack.blocks import ShownAlert, alert_line, alert_message
from alert_webhook.delivery.slack.message import MAX_BLOCKS, Presentation, SlackMessage
from alert_webhook.delivery.slack.mrkdwn import amount, escaped, link, mention
from alert_webhook.delivery.slack.notices import alarm_message, digest_message, operations_message
from vigie_schemas import Alert, Reason, Transaction
from vigie_schemas.currencies import EUR_PER_UNIT
from vigie_schemas.record import EARLIEST_TIMESTAMP_MS, LATEST_TIMESTAMP_MS

NOW_MS: Final = 1_780_056_000_000  # 2026-05-29 12:00 UTC
LOOK: Final = Presentation(
    page_url="https://vigie.example",
    grafana_url="https://grafana.example/",
    zone=ZoneInfo("Europe/Paris"),
    snooze_hours=24,
    has_buttons=True,
)
MARKUP: Final = re.compile(r"<(https?://[^<>|]+\|[A-Za-z0-9 ]+|@[A-Z0-9]+)>")
"""What we put there ourselves: links with our own words, and who decided."""


def snooze_until(until_ms: int, person: str) -> Snooze:
    return Snooze("acc-1", "amount_over_usual", until_ms, person, "alert:t1")


def stored_of(alert: Alert, **about: Any) -> StoredAlert:
    about = {"handling": "message", "cause": None, "episode_id": None, "digest_id": None} | about
    undecided = {"is_fraud": None, "decided_by": None, "decided_at_ms": None}
    return StoredAlert(**{"alert": alert, "revision": 1, "received_at_ms": NOW_MS} | undecided | about)


def as_json(message: SlackMessage) -> list[dict[str, Any]]:
    return [block.to_dict() for block in message.blocks]


def texts_of(blocks: Any) -> list[str]:
    """Every text in them, wherever it stands."""
    if isinstance(blocks, dict):
        own = [blocks["text"]] if isinstance(blocks.get("text"), str) else []
        return own + [text for value in blocks.values() for text in texts_of(value)]
    return [text for value in blocks for text in texts_of(value)] if isinstance(blocks, list) else []


def all_of(message: SlackMessage) -> str:
    return "\n".join(texts_of(as_json(message)))


def buttons_of(message: SlackMessage) -> list[tuple[str, str, str]]:
    rows = [block["elements"] for block in as_json(message) if block["type"] == "actions"]
    return [(one["text"]["text"], one["action_id"], one["value"]) for row in rows for one in row]


@pytest.fixture
def alert(alert_of: Callable[[str], Alert]) -> Alert:
    alert = alert_of("t1")
    about = {"category": "electronics", "merchant_id": "m-88", "timestamp_ms": NOW_MS}
    return alert.model_copy(update={"transaction": alert.transaction.model_copy(update=about)})


def test_an_alert_says_what_where_when_and_why(alert: Alert) -> None:
    message = alert_message(ShownAlert(stored_of(alert)), LOOK, "alert:t1")

    said = all_of(message)
    assert as_json(message)[0]["text"]["text"] == "🔴 High: 612.40 EUR does not fit acc-1"
    assert "`acc-1`" in said
    assert "FR, electronics, m-88" in said
    assert "2026-05-29 14:00:00 CEST" in said
    assert "0.710 against 0.620" in said
    assert "• 11 times the usual (60%)" in said
    assert "Model 3, threshold version 4, alert:t1" in said
    assert "<https://vigie.example/?alert=alert%3At1|Live page>" in said
    assert "<https://grafana.example/d/vigie-account?var-account=acc-1&amp;from=" in said
    assert message.text == "🔴 High: 612.40 EUR does not fit acc-1. 11 times the usual"
    assert as_json(message)[0]["block_id"] == "alert:t1"
    assert buttons_of(message) == [
        ("Confirm fraud", "confirm_fraud", "alert:t1"),
        ("False alarm", "false_alarm", "alert:t1"),
        ("Snooze 24 h", "snooze", "alert:t1"),
    ]


def test_foreign_money_is_also_given_in_eur(alert: Alert) -> None:
    transaction = alert.transaction.model_copy(update={"amount": 700.0, "currency": "USD"})

    message = alert_message(ShownAlert(stored_of(alert.model_copy(update={"transaction": transaction}))), LOOK, "m")

    assert "700.00 USD (612.40 EUR)" in all_of(message)


def test_what_is_not_known_is_not_invented(alert: Alert) -> None:
    nowhere = alert.transaction.model_copy(update={"country": None, "category": None, "merchant_id": None})
    unexplained = alert.model_copy(update={"transaction": nowhere, "reasons": []})

    said = all_of(alert_message(ShownAlert(stored_of(unexplained)), replace(LOOK, grafana_url=None), "m"))

    assert "not known" in said
    assert "No single reason stands out" in said
    assert "Grafana" not in said


def test_without_a_signing_secret_there_are_no_buttons(alert: Alert) -> None:
    message = alert_message(ShownAlert(stored_of(alert)), replace(LOOK, has_buttons=False), "m")

    assert buttons_of(message) == []


@pytest.mark.parametrize(
    ("is_fraud", "verdict", "change"),
    [
        (True, "*Confirmed as fraud*", ("Change to false alarm", "false_alarm", "alert:t1")),
        (False, "*False alarm*", ("Change to confirmed fraud", "confirm_fraud", "alert:t1")),
    ],
)
def test_a_decision_shows_who_and_can_be_changed(
    alert: Alert, is_fraud: bool, verdict: str, change: tuple[str, str, str]
) -> None:
    decided = stored_of(alert, is_fraud=is_fraud, decided_by="anna (slack:U024BE7LH)", decided_at_ms=NOW_MS)

    message = alert_message(ShownAlert(decided), LOOK, "m")

    assert f"{verdict}, says <@U024BE7LH>, 2026-05-29 14:00:00 CEST" in all_of(message)
    assert buttons_of(message) == [change]
    assert message.text.startswith(("Confirmed fraud. ", "False alarm. "))


def test_a_snooze_shows_until_when_and_leaves_the_decision_open(alert: Alert) -> None:
    message = alert_message(ShownAlert(stored_of(alert), snooze_until(NOW_MS + 3_600_000, "anna")), LOOK, "m")

    assert "*Snoozed* by anna: alerts like this one stay silent until 2026-05-29 15:00:00 CEST" in all_of(message)
    assert [action for _, action, _ in buttons_of(message)] == ["confirm_fraud", "false_alarm"]


def test_a_reply_needs_no_headline_of_its_own(alert: Alert) -> None:
    blocks = as_json(alert_message(ShownAlert(stored_of(alert), is_reply=True), LOOK, "alert:t1"))

    assert {block["type"] for block in blocks} == {"section", "context", "actions"}
    assert blocks[0]["block_id"] == "alert:t1"


def test_a_digest_counts_all_and_names_the_worst(alert: Alert) -> None:
    digest = Digest(
        by_cause={"rate": 11, "quiet_hours": 2},
        by_severity={"low": 10, "high": 3},
        accounts=7,
        first_at_ms=NOW_MS,
        last_at_ms=NOW_MS + 60_000,
        worst=[stored_of(alert, is_fraud=True)],
    )

    message = digest_message(digest, LOOK, "digest:alert:t1")

    said = all_of(message)
    assert "13 alerts held back" in said
    assert "3 high, 10 low, of 7 accounts, 2026-05-29 14:00:00 CEST to 2026-05-29 14:01:00 CEST." in said
    assert "Held back: 11 above the rate of new messages, 2 in quiet hours." in said
    assert "• 🔴 High: 612.40 EUR, `acc-1`, score 0.710. Confirmed fraud. <https://vigie.example/?alert=" in said
    assert "and 12 more." in said
    assert "<https://vigie.example|All of them on the live page>" in said


def test_the_alarm_says_how_many_are_held_and_what_to_do() -> None:
    message = alarm_message(12, 30, LOOK, "alarm:1")

    assert "12 alerts were held back so far: Slack gets 30 messages a minute at most." in message.text
    assert "VIGIE_MOST_PER_MINUTE" in message.text


GRAFANA: Final = {
    "status": "firing",
    "title": "[FIRING:1] Detector lags <!channel>",
    "alerts": [
        {
            "name": "Detector lags",
            "severity": "critical",
            "summary": "Lag above 10,000 & growing",
            "runbook_url": "https://docs.example/lag",
            "url": "javascript:alert(1)",
            "status": "firing",
            "started_at": "2026-05-29T12:00:00+00:00",
        }
    ],
    "not_shown": 3,
}


def test_grafanas_alerts_say_what_is_wrong_and_where_to_look() -> None:
    message = operations_message(GRAFANA, LOOK, "operations:1")

    said = all_of(message)
    assert "🛠️ Vigie needs attention: [FIRING:1] Detector lags &lt;!channel&gt;" in said
    assert "*Detector lags* (critical), firing since 2026-05-29T12:00:00+00:00" in said
    assert "Lag above 10,000 &amp; growing" in said
    assert "<https://docs.example/lag|What to do>" in said
    assert "javascript" not in said
    assert "3 more · <https://grafana.example/|Grafana>" in said


def test_the_end_of_grafanas_alert_looks_different() -> None:
    assert "✅ Resolved" in operations_message(GRAFANA | {"status": "resolved"}, LOOK, "operations:1").text


def test_control_characters_are_escaped_and_never_cut_in_two() -> None:
    assert escaped("<!channel> & co", 100) == "&lt;!channel&gt; &amp; co"
    assert escaped("a\n\u202eb\x00c", 100) == "a b c"
    assert escaped("&&&", 12) == "&amp;&amp;…"
    assert escaped("&" * 999, 7) == "&amp;…"


def test_a_link_cannot_be_ended_early() -> None:
    assert link("https://a.example/?x=1&y=<|>", "Open") == "<https://a.example/?x=1&amp;y=%3C%7C%3E|Open>"


def test_people_are_named_as_slack_knows_them() -> None:
    assert mention("slack:U1") == "<@U1>"
    assert mention("anna <b> (slack:U1)") == "<@U1>"
    assert mention("<!here>") == "&lt;!here&gt;"


def test_amounts_of_any_size_are_readable() -> None:
    assert [amount(number, "EUR") for number in (0.001, 12.5, 1e9, 1e300)] == [
        "0.001 EUR",
        "12.50 EUR",
        "1,000,000,000.00 EUR",
        "1e+300 EUR",
    ]


names = st.text(st.sampled_from("abcXYZ019._:@-"), min_size=1, max_size=64).filter(lambda name: not name.isdigit())
texts = st.text(max_size=128) | st.sampled_from(
    ["<!channel>", "<@U1>", "&&&&", "a|b>", "`*_~", "<" * 128, "\U0001f600" * 128]
)
long_texts = texts | st.sampled_from(["<&>" * 2000, "x" * 9000])
shares = st.floats(0, 1)
transactions = st.builds(
    Transaction,
    schema_version=st.just(1),
    transaction_id=names,
    account_id=names,
    timestamp_ms=st.integers(EARLIEST_TIMESTAMP_MS, LATEST_TIMESTAMP_MS),
    amount=st.floats(0, 1e9, exclude_min=True),
    currency=st.sampled_from(sorted(EUR_PER_UNIT)),
    merchant_id=st.none() | texts,
    category=st.none() | texts,
    country=st.none() | st.just("FR"),
)
reasons = st.builds(
    Reason,
    feature=long_texts,
    value=st.floats(allow_nan=False, allow_infinity=False),
    usual=st.none(),
    share=shares,
    text=long_texts,
)
alerts = st.builds(
    Alert,
    schema_version=st.just(1),
    alert_id=names.map(lambda name: f"alert:{name}"),
    transaction=transactions,
    amount_eur=st.floats(0, exclude_min=True, allow_infinity=False, allow_nan=False),
    segment=long_texts,
    severity=st.sampled_from(["low", "medium", "high"]),
    score=shares,
    threshold=shares,
    quantile=shares,
    model_version=st.integers(1, 2**40),
    threshold_version=st.integers(1, 2**40),
    reasons=st.lists(reasons, max_size=3),
)
decisions = st.fixed_dictionaries(
    {"is_fraud": st.booleans(), "decided_by": names | long_texts, "decided_at_ms": st.just(NOW_MS)}
) | st.just({})


def check_limits(message: SlackMessage) -> None:
    blocks = as_json(message)  # slack_sdk checks the limits of each kind of block here

    assert 1 <= len(blocks) <= MAX_BLOCKS
    assert 1 <= len(message.text) <= 3000
    marks = [block["block_id"] for block in blocks if "block_id" in block]
    assert len(marks) == len(set(marks)) == 1
    for block in blocks:
        assert len(block.get("fields", [])) <= 10
        assert len(block.get("elements", [])) <= 10
        for kind, most in (("header", 150), ("section", 3000), ("context", 2000)):
            if block["type"] == kind:
                assert all(1 <= len(text) <= most for text in texts_of(block))
        assert all(len(field["text"]) <= 2000 for field in block.get("fields", []))
        assert all(len(one["value"]) <= 2000 and len(one["text"]["text"]) <= 75 for one in actions_of(block))


def actions_of(block: dict[str, Any]) -> Sequence[dict[str, Any]]:
    return block["elements"] if block["type"] == "actions" else []


def check_markup(message: SlackMessage) -> None:
    for text in [message.text, *texts_of(as_json(message))]:
        rest = MARKUP.sub("", text)
        assert not set(rest) & set("<>"), rest
        assert re.sub("&(amp|lt|gt);", "", rest).count("&") == 0, rest


@settings(deadline=None)
@given(alert=alerts, about=decisions, is_snoozed=st.booleans(), is_reply=st.booleans())
def test_any_alert_stays_within_slacks_limits_and_its_place(
    alert: Alert, about: dict[str, Any], is_snoozed: bool, is_reply: bool
) -> None:
    stored = stored_of(alert, **about)
    snooze = snooze_until(NOW_MS, str(about.get("decided_by", "anna"))) if is_snoozed else None

    message = alert_message(ShownAlert(stored, snooze, is_reply), LOOK, alert.alert_id)

    check_limits(message)
    check_markup(message)
    assert len(alert_line(stored, LOOK)) < 600, "five of them fit into one paragraph"


words = st.dictionaries(
    st.sampled_from(["name", "severity", "summary", "runbook_url", "url", "status", "started_at"]),
    long_texts | st.sampled_from(["https://a.example/?b=c|d>", "http://[", "https://a.example/" + "é" * 480]),
)
operations = st.fixed_dictionaries(
    {},
    optional={
        "status": long_texts,
        "title": long_texts,
        "alerts": st.lists(words, max_size=60),
        "not_shown": st.integers(0, 99),
    },
)


@settings(deadline=None)
@given(body=operations)
def test_any_alert_of_grafanas_stays_within_slacks_limits_and_its_place(body: dict[str, Any]) -> None:
    message = operations_message(body, LOOK, "operations:1")

    check_limits(message)
    check_markup(message)
