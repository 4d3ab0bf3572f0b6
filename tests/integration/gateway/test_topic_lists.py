"""Lists from the topic: `vigie policy list` on a real broker, and a gateway that follows without a restart."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from structlog.testing import capture_logs

from gateway.settings import GatewaySettings
from vigie_local.broker import EmbeddedKafka
from vigie_runtime import KafkaSettings
from vigie_schemas import POLICY_LISTS, ListedValue
from vigie_testing.played_detector import PlayedDetector
from vigie_testing.ports import free_port
from vigie_testing.running_gateway import GatewayCaller, running, settings_of
from vigie_testing.waiting import wait_until

pytestmark = pytest.mark.integration

POLICY = """
[[verdicts]]
severity = "high"
verdict = "decline"
[[lists]]
name = "mules"
field = "merchant"
verdict = "decline"
topic = true
[[lists]]
name = "trusted"
field = "account"
verdict = "allow"
topic = true
[callers.default]
deadline_ms = 5000
"""
CARD = "4111111111111111"
MANY = 3_000

Settings = Callable[..., GatewaySettings]


@pytest.fixture
def with_lists(kafka: KafkaSettings, tmp_path: Path) -> Settings:
    """Settings of a gateway whose policy has lists from the topic."""
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY)
    return lambda **changes: settings_of(kafka, policy_file=policy, **changes)


@pytest.fixture
def listing(with_lists: Settings, detector: PlayedDetector) -> Iterator[GatewayCaller]:
    with running(with_lists()) as caller:
        caller.wait_ready()
        yield caller


def vigie(kafka: KafkaSettings, *arguments: str, code: int = 0) -> str:
    """What `vigie policy list` prints; with another code what it says on standard error."""
    environment = os.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.kafka_bootstrap_servers,
        "VIGIE_TOPIC_PREFIX": kafka.topic_prefix,
        "COLUMNS": "100",
    }
    command = [sys.executable, "-m", "vigie_cli", "policy", "list", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stderr if code else done.stdout


def write(kafka: KafkaSettings, *records: tuple[str, bytes | None]) -> None:
    producer = Producer(kafka.producer_config(linger_ms=5))
    for key, value in records:
        producer.produce(kafka.topic_name(POLICY_LISTS), key=key, value=value)
    assert producer.flush(30) == 0


def entry(value: str, **changes: Any) -> tuple[str, bytes]:
    fields = {"schema_version": 1, "list_name": "mules", "value": value, "reason": "case 17", "by": "test"} | changes
    listed = ListedValue(**fields)
    return listed.key, listed.model_dump_json().encode()


def wait_for_verdict(gateway: GatewayCaller, verdict: str, **fields: Any) -> dict[str, Any]:
    """Pay again and again, each time under another id, until the verdict is this one."""

    def look() -> dict[str, Any] | None:
        found = gateway.verdict(**fields)
        return found if found["verdict"] == verdict else None

    return wait_until(look, what=f"the verdict {verdict}", timeout_seconds=10, seen=gateway.status)


def test_an_entry_declines_within_seconds_and_its_removal_allows(
    listing: GatewayCaller, with_lists: Settings, kafka: KafkaSettings, detector: PlayedDetector, tmp_path: Path
) -> None:
    before = listing.verdict(merchant_id="m-1")
    assert before["verdict"] == "allow"
    with capture_logs() as logs:
        said = vigie(kafka, "add", "mules", "m-1", "--reason", "case 17", "--by", "m.keller", "--until", "2099-01-31")
        assert said.startswith("m-1 is on the list mules until 2099-01-31.")

        declined = wait_for_verdict(listing, "decline", merchant_id="m-1")
        assert [(rule["rule"], rule["text"]) for rule in declined["rules"]] == [
            ("lists.mules", "The merchant is on the list mules: case 17")
        ]
        assert declined["policy"] == before["policy"], "the hash is that of the files"
        assert listing.status()["list_entries"] == {"mules": 1, "trusted": 0}

        with running(with_lists(data_dir=tmp_path / "second")) as second:
            second.wait_ready()
            assert second.verdict(merchant_id="m-1")["verdict"] == "decline"

        assert vigie(kafka, "remove", "mules", "m-1", "--by", "s.lang") == "Removed from the list mules.\n"
        wait_for_verdict(listing, "allow", merchant_id="m-1")

    changes = [(line["event"], line["list"], line["by"]) for line in logs if line["event"].startswith("list entry")]
    assert changes == [("list entry added", "mules", "m.keller"), ("list entry removed", "mules", "s.lang")]
    assert not [line for line in logs if "m-1" in str(line)], "no value is logged"
    with running(with_lists(data_dir=tmp_path / "third")) as third:
        third.wait_ready()
        assert third.verdict(merchant_id="m-1")["verdict"] == "allow"


def test_a_gateway_is_not_open_before_it_has_read_all_lists(
    with_lists: Settings, kafka: KafkaSettings, detector: PlayedDetector
) -> None:
    write(kafka, *(entry(f"m-{number}") for number in range(MANY)))

    with running(with_lists()) as gateway:
        answer = wait_until(
            lambda: answer if (answer := gateway.send(merchant_id=f"m-{MANY - 1}")).status_code == 200 else None,
            what="the first answer",
        )

    assert answer.json()["verdict"] == "decline"


def test_bad_records_do_no_harm(listing: GatewayCaller, kafka: KafkaSettings) -> None:
    write(kafka, entry("m-1"))
    wait_for_verdict(listing, "decline", merchant_id="m-1")
    with_card = entry("m-2")[1].replace(b"m-2", CARD.encode())
    with capture_logs() as logs:
        write(
            kafka,
            ("mules/m-1", b"{"),
            ("mules/m-1", b""),
            ("nothing", entry("m-3")[1]),
            (f"mules/{CARD}", with_card),
            entry("1234567890123", list_name="trusted"),
            entry("m-4", list_name="another"),
            ("another/gone", None),
            entry("m-5"),
        )
        wait_for_verdict(listing, "decline", merchant_id="m-5")

    status = listing.status()
    assert (status["refused_list_records"], status["ignored_list_records"]) == (5, 1)
    assert (status["list_entries"], status["lists_problem"]) == ({"mules": 2, "trusted": 0}, None)
    assert listing.verdict(merchant_id="m-1")["verdict"] == "decline", "what is refused changes nothing"
    refused = [line["event"] for line in logs if "refused" in line["event"]]
    assert refused == ["list record refused"] * 4 + ["list value refused"]
    assert not [line for line in logs if CARD in str(line) or "1234567890123" in str(line)]

    found = json.loads(vigie(kafka, "show", "--json"))
    assert [(each["list"], each["value"]) for each in found["entries"]] == [
        ("another", "m-4"),
        ("mules", "m-1"),
        ("mules", "m-5"),
        ("trusted", "1234567890123"),
    ]
    assert found["refused"] == 2
    vigie(kafka, "remove", "mules", CARD, "--by", "m.keller")
    assert json.loads(vigie(kafka, "show", "mules", "--json"))["refused"] == 1


def test_a_list_is_shown_and_a_value_that_is_not_on_it_cannot_be_removed(kafka: KafkaSettings) -> None:
    assert vigie(kafka, "show") == "No entries.\n"
    write(kafka, entry("m-1"), entry("acct-1", list_name="trusted", until_ms=1_700_000_000_000))

    shown = vigie(kafka, "show")
    assert all(word in shown for word in ("mules", "m-1", "case 17", "trusted", "acct-1", "2023-11-14", "(expired)"))
    assert "m-1" not in vigie(kafka, "show", "trusted")
    said = vigie(kafka, "remove", "mules", "m-9", "--by", "m.keller", code=2)
    assert said.startswith("The list mules does not have this value, so nothing was removed")


def test_without_kafka_the_entries_that_were_read_stay_in_use(tmp_path: Path) -> None:
    broker = EmbeddedKafka(tmp_path / "broker", port=free_port())
    broker.start()
    broker.wait_ready()
    kafka = KafkaSettings(kafka_bootstrap_servers=broker.bootstrap_servers, data_dir=tmp_path)  # pyright: ignore
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY)
    try:
        with running(settings_of(kafka, policy_file=policy)) as gateway:
            gateway.wait_ready()
            write(kafka, entry("m-1"))
            wait_until(lambda: gateway.status()["list_entries"]["mules"], what="the entry", seen=gateway.status)
            broker.stop()

            verdict = gateway.verdict(merchant_id="m-1", deadline_ms=100)
            assert (verdict["verdict"], verdict["basis"]) == ("decline", "fallback")

            broker.start()
            broker.wait_ready()
            write(kafka, entry("m-2"))
            wait_until(
                lambda: gateway.status()["list_entries"]["mules"] == 2, what="the entry after it", seen=gateway.status
            )
    finally:
        broker.stop()
