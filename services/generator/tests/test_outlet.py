"""What needs no broker: librdkafka's own mock cluster stands in. The real one: tests/integration/test_generator.py."""

import threading
import time

from generator.labels import LabelQueue, Truth
from generator.outlet import Outlet, finishing
from generator.progress import SendProgress
from vigie_runtime import KafkaSettings

MOCK = {"test.mock.num.brokers": 1, "log_level": 0}


def _outlet(stop, labels=None, **extra) -> Outlet:
    queue = labels if labels is not None else LabelQueue("generator", 3600)
    return Outlet(KafkaSettings(), queue, SendProgress(target_rate=None), stop, extra_config=MOCK | extra)


def _send(outlet: Outlet, number: int) -> None:
    truth = Truth(f"t-{number}", "acct-1", is_fraud=False, scenario=None)
    outlet.send({"transaction_id": f"t-{number}", "account_id": "acct-1"}, truth)


def test_waiting_ends_when_due():
    outlet = _outlet(threading.Event())

    outlet.wait_until(began := time.monotonic())

    assert time.monotonic() - began < 5


def test_a_stop_ends_the_waiting():
    stop = threading.Event()
    stop.set()

    began = time.monotonic()
    _outlet(stop).wait_until(began + 3600)

    assert time.monotonic() - began < 5


def test_at_a_stop_the_labels_leave_at_once():
    stop = threading.Event()
    outlet = _outlet(stop)

    with finishing(outlet, stop):
        _send(outlet, 1)
        stop.set()

    assert (outlet.progress.sent, outlet.progress.labels, outlet.progress.delivery_errors) == (1, 1, 0)


def test_ctrl_c_ends_as_a_stop_does():
    stop = threading.Event()
    outlet = _outlet(stop)

    with finishing(outlet, stop):
        _send(outlet, 1)
        raise KeyboardInterrupt

    assert stop.is_set()
    assert outlet.progress.labels == 1


def test_held_labels_leave_at_the_end_of_a_run_that_ended_in_history():
    stop, labels = threading.Event(), LabelQueue("generator", 3600)
    outlet = _outlet(stop, labels)

    with finishing(outlet, stop):
        labels.hold()
        _send(outlet, 1)

    assert outlet.progress.labels == 1
    assert not stop.is_set()


def test_a_dead_broker_does_not_hold_up_a_stop_for_long(monkeypatch):
    monkeypatch.setattr("generator.outlet.STOP_TIMEOUT_SECONDS", 0.3)
    stop = threading.Event()
    extra = {"queue.buffering.max.messages": 2, "bootstrap.servers": "127.0.0.1:9", "test.mock.num.brokers": 0}
    outlet = _outlet(stop, **extra)

    with finishing(outlet, stop):
        for number in range(2):
            _send(outlet, number)
        stop.set()
        _send(outlet, 3)

    assert outlet.progress.sent == 2
    assert outlet.progress.delivery_errors >= 3
