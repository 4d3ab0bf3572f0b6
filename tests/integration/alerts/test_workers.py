"""Several workers over one outbox: all of them show, one of them delivers."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.deliveries import queues
from alert_webhook.core.outbox.lock import FILE_NAME as LOCK
from alert_webhook.core.recipients import webhook_name
from vigie_loadtests.delivery.service import AlertWebhookProcess
from vigie_schemas import Alert
from vigie_testing.inbox import Inbox
from vigie_testing.ports import free_port

pytestmark = pytest.mark.integration
each_outbox = pytest.mark.parametrize("outbox_environment", ["sqlite", "postgresql"], indirect=True)

WORKERS = 3
PAGES = 9
"""So many that each worker has some."""

ServiceOf = Callable[..., AlertWebhookProcess]
RaiseAlerts = Callable[..., None]
Eventually = Callable[[Callable[[], bool]], None]


@pytest.fixture
def workers_of(service_of: ServiceOf) -> ServiceOf:
    def start(*inboxes: Inbox) -> AlertWebhookProcess:
        service = service_of(*inboxes, VIGIE_PAGE_WORKERS=str(WORKERS))
        service.start()
        return service

    return start


def pids(service: AlertWebhookProcess) -> set[int]:
    """Of its workers."""
    master = service.process.pid
    return {int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split()}


def couriers(folder: Path) -> set[int]:
    """The processes that hold the courier's lock, as the kernel says."""
    number = (folder / LOCK).stat().st_ino
    locks = re.findall(r"FLOCK\s+ADVISORY\s+WRITE\s+(\d+)\s+\S+:(\d+)\s", Path("/proc/locks").read_text())
    return {int(pid) for pid, inode in locks if int(inode) == number}


def test_one_worker_holds_the_lock_and_another_takes_it_when_that_one_is_killed(
    workers_of: ServiceOf, eventually: Eventually, tmp_path: Path
) -> None:
    service = workers_of()
    eventually(lambda: len(pids(service)) == WORKERS and len(couriers(tmp_path)) == 1)
    first = couriers(tmp_path)
    assert first < pids(service)

    os.kill(*first, signal.SIGKILL)

    eventually(lambda: len(couriers(tmp_path) - first) == 1)
    eventually(lambda: len(pids(service) - first) == WORKERS)
    assert couriers(tmp_path) < pids(service)
    eventually(lambda: service.status_of("readyz") == 200)


@each_outbox
def test_whichever_worker_is_killed_each_alert_is_delivered_once_and_in_order(
    workers_of: ServiceOf, inbox: Inbox, raise_alerts: RaiseAlerts, eventually: Eventually, outbox: Database
) -> None:
    def is_settled(count: int) -> bool:
        with outbox.reading() as connection:
            queue = queues(connection).get(webhook_name(inbox.url))
        return len(inbox.accepted) >= count and (queue is None or queue.waiting == 0)

    service = workers_of(inbox)
    raise_alerts("t0")
    eventually(lambda: is_settled(1) and len(pids(service)) == WORKERS)

    for number, pid in enumerate(sorted(pids(service)), start=1):
        os.kill(pid, signal.SIGKILL)
        raise_alerts(f"t{number}")
        eventually(lambda number=number: is_settled(number + 1))

    assert inbox.accepted == [f"alert:t{number}" for number in range(WORKERS + 1)]
    eventually(lambda: len(pids(service)) == WORKERS and service.status_of("readyz") == 200)


def test_an_alert_reaches_the_pages_of_every_worker(
    workers_of: ServiceOf, raise_alerts: RaiseAlerts, alert_of: Callable[[str], Alert]
) -> None:
    service = workers_of()
    with httpx2.Client(timeout=30) as client:
        request = client.build_request("GET", f"{service.address}/events")
        streams = [client.send(request, stream=True) for _ in range(PAGES)]
        pages = [received(stream) for stream in streams]
        for page in pages:
            assert next(page)[0] == "snapshot"

        raise_alerts("t1")

        for page in pages:
            view = next(fields for name, fields in page if name == "alert")
            assert view["alert"] == alert_of("t1").model_dump(mode="json")
        for stream in streams:
            stream.close()


def received(stream: httpx2.Response) -> Iterator[tuple[str, dict]]:
    """What a page receives."""
    name = ""
    for line in stream.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def test_a_log_in_at_one_worker_counts_at_all(service_of: ServiceOf, eventually: Eventually) -> None:
    service = service_of(VIGIE_PAGE_WORKERS=str(WORKERS), VIGIE_USERS="anna:a-long-password")
    service.start()

    def token_of(page: str) -> str:
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found is not None
        return found[1]

    with httpx2.Client(base_url=service.address) as client:
        fields = {"name": "anna", "password": "a-long-password", "csrf_token": token_of(client.get("/login").text)}
        assert client.post("/login", data=fields).status_code == httpx2.codes.SEE_OTHER
        # each connection may be taken by another worker
        cookies, hangs_up = dict(client.cookies), {"Connection": "close"}
        answers = [
            httpx2.get(f"{service.address}/api/session", cookies=cookies, headers=hangs_up) for _ in range(PAGES)
        ]

    assert {answer.json()["person"] for answer in answers} == {"anna"}
    assert httpx2.get(f"{service.address}/api/session").status_code == httpx2.codes.UNAUTHORIZED


def test_a_database_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    url = f"postgresql://vigie:secret@127.0.0.1:{free_port()}/vigie"
    environment = os.environ | {"DATABASE_URL": url, "VIGIE_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "alert_webhook"]

    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)

    assert ended.returncode == 1
    assert "DATABASE_URL" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "secret" not in ended.stderr + ended.stdout
