"""Whatever arrives, whenever Slack answers: people never get more than the cap, and nothing is lost."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import time
from typing import Final
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, StaticPool, create_engine, select

from alert_webhook.core.alerts import Arrival
from alert_webhook.core.deliveries import SLACK
from alert_webhook.core.outbox.deliveries import mark_accepted, oldest_waiting
from alert_webhook.core.outbox.tables import alerts, deliveries, metadata
from alert_webhook.core.recipients import Recipients
from alert_webhook.core.triage.admission import admit
from alert_webhook.core.triage.digest import make_due_digest
from alert_webhook.core.triage.quiet_hours import QuietHours
from alert_webhook.core.triage.rules import VolumeRules
from vigie_testing.golden import golden_alert

START_MS: Final = 1_780_056_000_000  # 2026-05-29 12:00 UTC
MINUTE_MS: Final = 60_000
HOOKS: Final = ("hook", "other")
GOLDEN: Final = golden_alert("t")
ACCOUNTS: Final = ("acct-1", "acct-2", "acct-3", "canary-1")

rules = st.builds(
    VolumeRules,
    severity_floor=st.sampled_from(["low", "medium"]),
    quiet_hours=st.none() | st.just(QuietHours(time(12, 5), time(12, 40), ZoneInfo("UTC"))),
    quiet_severity=st.sampled_from(["medium", "high"]),
    episode_ms=st.integers(1, 10 * MINUTE_MS),
    longest_episode_ms=st.integers(1, 30 * MINUTE_MS),
    has_threads=st.booleans(),
    messages_per_minute=st.integers(1, 6),
    most_per_minute=st.integers(1, 6),
    digest_ms=st.integers(1, 5 * MINUTE_MS),
)


@dataclass(frozen=True)
class Arrives:
    name: int  # a small number comes again: a repeat
    account: str
    severity: str


@dataclass(frozen=True)
class Passes:
    ms: int


@dataclass(frozen=True)
class SlackTakes:
    at_most: int


arrivals = st.builds(
    Arrives, st.integers(0, 400), st.sampled_from(ACCOUNTS), st.sampled_from(["low", "medium", "high"])
)
waits = st.builds(Passes, st.integers(1, 2_000) | st.integers(1, 20 * MINUTE_MS))
steps = st.lists(arrivals | waits | st.builds(SlackTakes, st.integers(1, 40)), max_size=80)


@dataclass
class World:
    connection: Connection
    rules: VolumeRules
    now_ms: int = START_MS
    arrived: list[str] = field(default_factory=list)

    def step(self, step: Arrives | Passes | SlackTakes) -> None:
        if isinstance(step, Passes):
            self.now_ms += step.ms
        elif isinstance(step, SlackTakes):
            self.take(step.at_most)
        else:
            self.receive(step)
        make_due_digest(self.connection, self.rules, now_ms=self.now_ms)

    def receive(self, step: Arrives) -> None:
        names = {"account_id": step.account, "transaction_id": f"t-{step.name}"}
        alert = GOLDEN.model_copy(
            update={
                "alert_id": f"alert:t-{step.name}",
                "transaction": GOLDEN.transaction.model_copy(update=names),
                "severity": step.severity,
            }
        )
        arrival = Arrival(alert, self.now_ms, self.now_ms, 0, len(self.arrived))
        if admit(self.connection, [arrival], self.rules, Recipients(slack=True, webhooks=HOOKS)):
            self.arrived.append(alert.alert_id)

    def take(self, at_most: int) -> None:
        for _ in range(at_most):
            turn = oldest_waiting(self.connection, SLACK)
            if turn is None:
                return
            mark_accepted(self.connection, turn, now_ms=self.now_ms)

    def come_to_rest(self) -> None:
        """Nothing arrives any more and Slack is well."""
        for _ in range(60):
            self.take(100)
            self.step(Passes(MINUTE_MS))


@contextmanager
def an_outbox() -> Iterator[Connection]:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    metadata.create_all(engine)
    with engine.connect() as connection, connection.begin():
        yield connection
    engine.dispose()


@settings(deadline=None, max_examples=80)
@given(rules=rules, steps=steps)
def test_any_sequence_of_arrivals(rules: VolumeRules, steps: list[Arrives | Passes | SlackTakes]) -> None:
    with an_outbox() as connection:
        world = World(connection, rules)
        for step in steps:
            world.step(step)
        world.come_to_rest()

        check_all_are_kept(world)
        check_the_cap_holds(world)
        check_digests(world)
        check_machines(world)


def check_all_are_kept(world: World) -> None:
    rows = world.connection.execute(select(alerts)).all()

    assert sorted(row.alert_id for row in rows) == sorted(world.arrived)
    assert {row.handling for row in rows} <= {"message", "thread", "digest", "suppressed"}
    assert all((row.cause is None) == (row.handling in ("message", "thread")) for row in rows)
    sent = world.connection.execute(select(deliveries.c.alert_id, deliveries.c.kind).filter_by(receiver=SLACK)).all()
    expected = {(row.alert_id, row.handling.replace("message", "alert")) for row in rows if row.cause is None}
    assert {(row.alert_id, row.kind) for row in sent if row.alert_id} == expected


def check_the_cap_holds(world: World) -> None:
    rows = world.connection.execute(select(deliveries).filter_by(receiver=SLACK)).all()
    seen = [row for row in rows if row.kind != "alarm"]
    most = world.rules.most_per_minute

    for moments in ([row.queued_at_ms for row in seen], [row.settled_at_ms for row in seen]):
        for moment in moments:
            assert sum(moment - MINUTE_MS < other <= moment for other in moments) <= most
    alarms = Counter(row.queued_at_ms // MINUTE_MS for row in rows if row.kind == "alarm")
    assert set(alarms.values()) <= {1}


def check_digests(world: World) -> None:
    held = select(alerts.c.digest_id).where(alerts.c.handling == "digest")
    listed = world.connection.execute(held).scalars().all()
    sent = world.connection.execute(select(deliveries.c.message_id).filter_by(kind="digest")).scalars().all()

    assert None not in listed
    assert set(listed) == set(sent)
    others = select(alerts.c.digest_id).where(alerts.c.handling != "digest", alerts.c.digest_id.is_not(None))
    assert world.connection.execute(others).all() == []


def check_machines(world: World) -> None:
    canaries = world.connection.execute(select(alerts.c.alert_id).filter_by(cause="canary")).scalars().all()
    expected = [alert_id for alert_id in world.arrived if alert_id not in canaries]

    for hook in HOOKS:
        query = select(deliveries.c.message_id).filter_by(receiver=hook).order_by(deliveries.c.delivery_id)
        assert world.connection.execute(query).scalars().all() == expected
