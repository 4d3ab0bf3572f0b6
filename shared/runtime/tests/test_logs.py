import json
import logging
import threading

import pytest
import structlog

from vigie_runtime import ServiceSettings, configure_logs, get_logger


@pytest.fixture(autouse=True)
def logging_as_before():
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()  # other tests read what an unconfigured logger prints


def test_a_record_is_one_line_of_json_with_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(ServiceSettings(log_format="json"), "example")

    get_logger("part").info("topics created", count=6)

    record = json.loads(capsys.readouterr().err)
    assert (record["event"], record["count"], record["service"], record["level"]) == (
        "topics created",
        6,
        "example",
        "info",
    )


def test_threads_and_libraries_are_named_alike(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(ServiceSettings(log_format="json"), "example")

    thread = threading.Thread(target=lambda: logging.getLogger("library").warning("slow"))
    thread.start()
    thread.join()

    assert json.loads(capsys.readouterr().err)["service"] == "example"


def test_the_level_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(ServiceSettings(log_level="WARNING"), "example")

    get_logger("part").info("not now")

    assert capsys.readouterr().err == ""
