"""Alerts taken in: kept with a handling, queued for the receivers they should reach, and nothing twice."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import time
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from alert_webhook.core.alerts import Arrival, StoredAlert
from alert_webhook.core.answers import Person, snooze
from alert_webhook.core.deliveries import SLACK, Delivery
from alert_webhook.core.outbox.alerts import changed_alerts, find_alert, latest_revision
from alert_webhook.core.outbox.database import Connection, Database
from alert_webhook.core.outbox.deliveries import deliveries_of, list_deliveries, mark_accepted, oldest_waiting
from alert_webhook.core.recipients import Recipients
from alert_webhook.core.triage.admission import admit
from alert_webhook.core.triage.digest import make_due_digest
from alert_webhook.core.triage.quiet_hours import QuietHours
from alert_webhook.core.triage.rules import VolumeRules
from vigie_schemas import Alert, Severity

NOON_MS: Final = 1_780_056_000_000  # 2026-05-29 12:00 UTC
MINUTE_MS: Final = 60_000
ALL_RECEIVERS: Final = Recipients(slack=True, webhooks=("hook", "other"))
RULES: Final = VolumeRules(
    severity_floor="low",
    quiet_hours=None,
    quiet_severity="high",
    episode_ms=30 * MINUTE_MS,
    longest_episode_ms=240 * MINUTE_MS,
    has_threads=True,
    messages_per_minute=10,
    most_per_minute=30,
    digest_ms=5 * MINUTE_MS,
)


class Bank:
    """Alerts arriving one after the other in one outbox."""

    def __init__(self, database: Database, alert_of: Callable[[str], Alert]) -> None:
        self.database = database
        self.rules = RULES
        self.recipients = ALL_RECEIVERS
        self._alert_of = alert_of
        self._offset = 0

    def arrival(self, name: str, minutes: float, account: str, severity: Severity, feature: str) -> Arrival:
        alert = self._alert_of(name)
        self._offset += 1
        changed = {
            "transaction": alert.transaction.model_copy(update={"account_id": account}),
            "severity": severity,
            "reasons": [alert.reasons[0].model_copy(update={"feature": feature})],
        }
        at_ms = NOON_MS + round(minutes * MINUTE_MS)
        return Arrival(alert.model_copy(update=changed), at_ms, at_ms - 20, 0, self._offset)

    def receive(
        self,
        name: str,
        minutes: float = 0,
        *,
        account: str | None = None,
        severity: Severity = "medium",
        feature: str = "amount_over_usual",
    ) -> StoredAlert:
        arrival = self.arrival(name, minutes, account or f"acct-{name}", severity, feature)
        with self.database.writing() as connection:
            admit(connection, [arrival], self.rules, self.recipients)
            stored = find_alert(connection, arrival.alert.alert_id)
        assert stored is not None
        return stored

    def make_digest(self, minutes: float) -> bool:
        with self.database.writing() as connection:
            return make_due_digest(connection, self.rules, now_ms=NOON_MS + round(minutes * MINUTE_MS))

    def queued(self, receiver: str = SLACK) -> list[tuple[str, str]]:
        with self.database.reading() as connection:
            found = list_deliveries(connection, receiver=receiver, limit=1000)
        return [(delivery.kind, delivery.message_id) for delivery in reversed(found)]

    def accept_all(self, minutes: float = 0) -> None:
        with self.database.writing() as connection:
            while (turn := oldest_waiting(connection, SLACK)) is not None:
                mark_accepted(connection, turn, now_ms=NOON_MS + round(minutes * MINUTE_MS))

    def digest_of(self, *names: str) -> list[str | None]:
        with self.database.reading() as connection:
            return [_found(connection, f"alert:{name}").digest_id for name in names]


def _found(connection: Connection, alert_id: str) -> StoredAlert:
    stored = find_alert(connection, alert_id)
    assert stored is not None
    return stored


@pytest.fixture
def bank(empty_outbox: Database, alert_of: Callable[[str], Alert]) -> Bank:
    return Bank(empty_outbox, alert_of)


def test_a_new_alert_is_queued_for_all_receivers(bank: Bank) -> None:
    stored = bank.receive("t1", account="acct-1")

    assert (stored.handling, stored.cause, stored.episode_id) == ("message", None, "episode:t1")
    for receiver in (SLACK, "hook", "other"):
        assert bank.queued(receiver) == [("alert", "alert:t1")]


def test_a_repeat_is_absorbed(bank: Bank) -> None:
    bank.receive("t1")
    with bank.database.writing() as connection:
        revision = latest_revision(connection)
        arrival = bank.arrival("t1", 1, "acct-t1", "high", "tempo_10m")

        assert not admit(connection, [arrival], RULES, ALL_RECEIVERS)

        assert latest_revision(connection) == revision
    assert bank.queued("hook") == [("alert", "alert:t1")]


def test_a_canary_is_kept_and_queued_for_no_receiver(bank: Bank) -> None:
    stored = bank.receive("t1", account="canary-7", severity="high")

    assert (stored.handling, stored.cause, stored.episode_id) == ("suppressed", "canary", None)
    assert [bank.queued(name) for name in (SLACK, "hook", "other")] == [[], [], []]


def test_machines_receive_what_people_do_not(bank: Bank) -> None:
    bank.rules = replace(RULES, severity_floor="high")

    assert bank.receive("t1").cause == "severity_floor"
    assert bank.queued() == []
    assert bank.queued("hook") == [("alert", "alert:t1")]


def test_an_episode_is_one_message_with_replies(bank: Bank) -> None:
    handlings = [bank.receive(f"t{minute}", minute, account="acct-1").handling for minute in (0, 20, 45)]
    after_silence = bank.receive("t76", 76, account="acct-1")
    elsewhere = bank.receive("u1", 76, account="acct-2")

    assert handlings == ["message", "thread", "thread"]
    assert (after_silence.handling, after_silence.episode_id) == ("message", "episode:t76")
    assert elsewhere.handling == "message"
    kinds = [kind for kind, _ in bank.queued()]
    assert kinds == ["alert", "thread", "thread", "alert", "alert"]


def test_an_episode_ends_though_alerts_go_on(bank: Bank) -> None:
    handlings = [bank.receive(f"t{minute}", minute, account="acct-1").handling for minute in range(0, 270, 20)]

    assert handlings.index("message", 1) == 13, "after four hours"
    assert handlings.count("message") == 2


def test_without_threads_later_alerts_wait_for_the_digest(bank: Bank) -> None:
    bank.rules = replace(RULES, has_threads=False)
    bank.receive("t1", account="acct-1")

    later = bank.receive("t2", 1, account="acct-1")

    assert (later.handling, later.cause, later.episode_id) == ("digest", "episode", "episode:t1")


def test_an_episode_without_a_message_yet_gets_one(bank: Bank) -> None:
    bank.rules = replace(RULES, quiet_hours=QuietHours(time(11), time(13), ZoneInfo("UTC")))

    held = bank.receive("t1", account="acct-1", severity="low")
    severe = bank.receive("t2", 5, account="acct-1", severity="high")
    reply = bank.receive("t3", 6, account="acct-1", severity="high")

    assert (held.handling, severe.handling, reply.handling) == ("digest", "message", "thread")
    assert {held.episode_id, severe.episode_id, reply.episode_id} == {"episode:t1"}


def test_what_is_left_out_keeps_no_episode_open(bank: Bank) -> None:
    bank.rules = replace(RULES, severity_floor="medium")
    bank.receive("t1", account="acct-1")
    bank.receive("t2", 25, account="acct-1", severity="low")

    assert bank.receive("t3", 50, account="acct-1").handling == "message"


def test_a_snooze_silences_its_reason_on_its_account_until_it_ends(bank: Bank) -> None:
    bank.receive("t1", account="acct-1")
    with bank.database.writing() as connection:
        anna = Person("anna", "page")
        snooze(connection, "alert:t1", anna, hours=1, now_ms=NOON_MS, recipients=Recipients(slack=False))

    def cause(name: str, minutes: float, **about: str) -> str | None:
        return bank.receive(name, minutes, **{"account": "acct-1", **about}).cause  # type: ignore[arg-type]

    assert cause("t2", 1) == "snoozed"
    assert cause("t3", 1, feature="tempo_10m") is None
    assert cause("t4", 1, account="acct-2") is None
    assert cause("t5", 59) == "snoozed"
    assert cause("t6", 60) is None


def test_above_the_rate_alerts_wait_until_a_minute_has_passed(bank: Bank) -> None:
    bank.rules = replace(RULES, messages_per_minute=2)
    causes = []
    for number in range(4):
        causes.append(bank.receive(f"t{number}", number / 10).cause)
        bank.accept_all(number / 10)

    assert causes == [None, None, "rate", "rate"]
    assert bank.receive("t8", 0.99).cause == "rate"
    assert bank.receive("t9", 1.0).cause is None, "the first is a minute old"


def test_what_slack_has_not_taken_yet_counts_as_new(bank: Bank) -> None:
    bank.rules = replace(RULES, messages_per_minute=2)
    bank.receive("t1")
    bank.receive("t2")

    assert bank.receive("t3", 30).cause == "rate", "after the outage both come at once"
    bank.accept_all(31)
    assert bank.receive("t4", 31.5).cause == "rate"
    assert bank.receive("t5", 32).cause is None


def test_the_hard_cap_bites_with_one_alarm_a_minute(bank: Bank) -> None:
    bank.rules = replace(RULES, messages_per_minute=99, most_per_minute=3)

    causes = [bank.receive(f"t{number}").cause for number in range(6)]
    bank.accept_all()
    again = [bank.receive(f"u{number}", 0.5).cause for number in range(3)]
    bank.accept_all(0.5)
    next_minute = [bank.receive(f"v{number}", 1.0).cause for number in range(4)]

    assert causes == [None, None, None, "hard_cap", "hard_cap", "hard_cap"]
    assert again == ["hard_cap"] * 3
    assert next_minute == [None, None, "hard_cap", "hard_cap"], "one place is the digest's"
    alarms = [message_id for kind, message_id in bank.queued() if kind == "alarm"]
    assert alarms == [f"alarm:{NOON_MS // MINUTE_MS}", f"alarm:{NOON_MS // MINUTE_MS + 1}"]


def test_no_second_alarm_while_slack_has_not_taken_the_first(bank: Bank) -> None:
    bank.rules = replace(RULES, most_per_minute=1)
    for minute in range(5):
        bank.receive(f"t{minute}", minute)

    assert [kind for kind, _ in bank.queued()] == ["alert", "alarm"]


def test_a_digest_lists_what_waited_long_enough_and_all_that_came_since(bank: Bank) -> None:
    bank.rules = replace(RULES, messages_per_minute=1)
    for number in range(4):
        bank.receive(f"t{number}", number)
    with bank.database.reading() as connection:
        seen = latest_revision(connection)

    assert not bank.make_digest(5.9), "the first held alert came at minute 1"
    assert bank.make_digest(6)
    assert not bank.make_digest(20), "nothing waits any more"

    assert bank.digest_of("t0", "t1", "t2", "t3") == [None] + ["digest:alert:t1"] * 3
    assert bank.queued()[-1] == ("digest", "digest:alert:t1")
    with bank.database.reading() as connection:
        changed = changed_alerts(connection, seen)
    assert [one.alert.alert_id for one in changed] == ["alert:t1", "alert:t2", "alert:t3"]
    assert [one.revision for one in changed] == [seen + 1, seen + 2, seen + 3], "a page that reads in parts misses none"


def test_the_night_is_in_a_digest_when_it_ends_and_not_before(bank: Bank) -> None:
    bank.rules = replace(RULES, messages_per_minute=1, quiet_hours=QuietHours(time(11), time(13), ZoneInfo("UTC")))
    bank.receive("low", 0, severity="low")
    bank.receive("first", 1, severity="high")
    bank.receive("second", 1, severity="high")

    assert bank.make_digest(30), "severe alerts that came too fast are listed in quiet hours"
    bank.accept_all()
    assert not bank.make_digest(59.9)
    assert bank.make_digest(60)

    assert bank.digest_of("low", "second") == ["digest:alert:low", "digest:alert:second"]


def test_one_digest_waits_for_slack_at_most(bank: Bank) -> None:
    bank.rules = replace(RULES, messages_per_minute=1)
    for number in range(3):
        bank.receive(f"t{number}", number)
    assert bank.make_digest(10)
    bank.receive("u1", 11)

    assert not bank.make_digest(60)
    bank.accept_all()
    assert bank.make_digest(60)
    assert bank.digest_of("u1") == ["digest:alert:u1"]


def test_a_digest_waits_for_room_under_the_hard_cap(bank: Bank) -> None:
    bank.rules = replace(RULES, messages_per_minute=99, most_per_minute=2, digest_ms=1000)
    for number in range(3):
        bank.receive(f"t{number}")
    bank.accept_all()

    assert not bank.make_digest(0.9)
    assert bank.make_digest(1)


def test_a_digest_waits_for_alerts_that_are_being_taken_in(bank: Bank) -> None:
    bank.rules = replace(RULES, messages_per_minute=1)
    bank.receive("t1")
    bank.receive("t2")
    digest = threading.Thread(target=bank.make_digest, args=(10,))

    with bank.database.writing() as connection:
        admit(connection, [bank.arrival("t3", 0.5, "acct-t3", "medium", "tempo_10m")], bank.rules, ALL_RECEIVERS)
        digest.start()
        digest.join(0.3)
        assert digest.is_alive()
    digest.join(60)

    assert bank.digest_of("t2", "t3") == ["digest:alert:t2"] * 2
    with bank.database.reading() as connection:
        revisions = [one.revision for one in changed_alerts(connection, 0)]
        assert revisions == sorted(set(revisions)), "each change has a number of its own"
        assert latest_revision(connection) == revisions[-1]


def test_without_slack_the_page_shows_all_and_machines_get_all(bank: Bank) -> None:
    bank.recipients = Recipients(slack=False, webhooks=("hook",))
    bank.rules = replace(RULES, messages_per_minute=1, most_per_minute=1)

    handlings = [bank.receive(f"t{number}").handling for number in range(3)]

    assert handlings == ["message"] * 3
    assert bank.queued() == []
    assert len(bank.queued("hook")) == 3
    assert not bank.make_digest(60)


def test_an_alert_knows_its_deliveries(bank: Bank) -> None:
    bank.receive("t1")

    with bank.database.reading() as connection:
        found: list[Delivery] = deliveries_of(connection, ["alert:t1"])["alert:t1"]
    assert {(one.receiver, one.kind) for one in found} == {("hook", "alert"), ("other", "alert"), (SLACK, "alert")}


def test_each_alert_costs_a_few_statements_and_is_looked_up_once(bank: Bank) -> None:
    """Three a batch, then at most six for each new alert: episode, snooze, load; alert, episode, messages."""
    bank.receive("t1", account="acct-1")
    arrivals = [bank.arrival(f"u{number}", 1, "acct-1", "medium", "tempo_10m") for number in range(10)]
    statements: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        statements.append(statement)

    with bank.database.writing() as connection:
        event.listen(connection, "before_cursor_execute", note)
        admit(connection, [*arrivals, arrivals[0]], RULES, ALL_RECEIVERS)

    assert len(statements) <= 3 + 6 * len(arrivals)
    known = [statement for statement in statements if statement.startswith("SELECT alerts.alert_id")]
    assert len(known) == 1
