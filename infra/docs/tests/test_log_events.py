"""Log calls are found by whatever name the logger has, and each rule of the list fails for the call that breaks it."""

from pathlib import Path

import pytest

from vigie_docs.log_calls import BrokenRule, LogCall, log_calls
from vigie_docs.log_events import broken_rules, events, read_repository
from vigie_docs.log_page import page

LOGS = '"""Logs.\n\nLevels: ERROR a person must act, INFO a change of state.\n"""\n'


def calls(source: str) -> list[LogCall | BrokenRule]:
    return list(log_calls("package.module", source))


def call(event: str, level: str = "INFO", module: str = "package.module", fields: tuple[str, ...] = ()) -> LogCall:
    return LogCall(module, 1, level, event, fields)


@pytest.mark.parametrize(
    "source",
    [
        "log = get_logger(__name__)\nlog.info('topics created', count=6)",
        "import vigie_runtime\nvigie_runtime.get_logger(__name__).info('topics created', count=6)",
        "class A:\n    def __init__(self):\n        self.log = get_logger('a')\n"
        "    def b(self):\n        self.log.info('topics created', count=6)",
        "def a(log: 'BoundLogger'):\n    log.info('topics created', count=6)",
        "log = get_logger(__name__)\nother = log.bind(count=6)\nother.info('topics created')",
        "log = get_logger(__name__)\nlog.bind(count=6).info('topics created')",
    ],
)
def test_a_logger_is_found_by_any_name(source: str) -> None:
    (found,) = calls(source)

    assert isinstance(found, LogCall)
    assert (found.event, found.level, found.fields) == ("topics created", "INFO", ("count",))


def test_methods_of_others_are_no_log_calls() -> None:
    assert calls("console = Console()\nconsole.info('topics created')\nlogging.getLogger('a').info('b')") == []


def test_an_exception_is_an_error_with_a_stack_trace() -> None:
    source = "log = get_logger(__name__)\nlog.exception('chore failed', chore=1)\nlog.error('chore failed', exc_info=e)"

    assert [(found.level, found.fields) for found in calls(source) if isinstance(found, LogCall)] == [
        ("ERROR", ("chore", "exception")),
        ("ERROR", ("exception",)),
    ]


@pytest.mark.parametrize(
    "logged",
    ["info(text)", "info(f'{count} topics created')", "info('a' if b else 'c')", "info('%s created', 6)", "info()"],
)
def test_an_event_is_one_literal_text(logged: str) -> None:
    (found,) = calls(f"log = get_logger(__name__)\n\nlog.{logged}")

    assert isinstance(found, BrokenRule)
    assert (found.line, found.sentence) == (3, "the event is not one literal text: put what varies into fields")


def test_a_level_is_never_hidden() -> None:
    (found,) = calls("log = get_logger(__name__)\nlog.log(level, 'topics created')")

    assert isinstance(found, BrokenRule)


def test_an_event_has_one_level() -> None:
    assert broken_rules([call("stopped"), call("stopped", "ERROR")]) == [
        '"stopped" is logged as ERROR and INFO: give it one level'
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("offset not committed", "offsets not committed"),
        ("partitions refreshed", "refreshed the partitions"),
        ("waiting for Kafka", "waits for kafka"),
    ],
)
def test_two_texts_never_say_the_same(one: str, other: str) -> None:
    assert len(broken_rules([call(one), call(other)])) == 1


def test_the_opposite_is_another_event() -> None:
    assert broken_rules([call("champion loaded"), call("champion not loaded")]) == []


@pytest.mark.parametrize("event", ["outbox does not answer", "registry away", "Kafka unreachable"])
def test_an_outage_has_one_word(event: str) -> None:
    assert broken_rules([call(event)]) == [f'"{event}": an outage is called "unavailable"']


def test_one_row_an_event() -> None:
    found = events([call("stopped", fields=("count",)), call("stopped", module="package.other", fields=("reason",))])

    assert [(event.fields, event.modules) for event in found] == [
        (("count", "reason"), ("package.module", "package.other"))
    ]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for package, module, source in [
        ("shared/runtime", "vigie_runtime/logs.py", LOGS),
        (
            "services/trainer",
            "trainer/service.py",
            "get_logger('a').error('training failed', **state.status(), rows=1)",
        ),
    ]:
        path = tmp_path / package / "src" / module
        path.parent.mkdir(parents=True)
        path.write_text(source)
        (tmp_path / package / "pyproject.toml").touch()
    return tmp_path


def test_the_page_lists_each_event_under_its_service(repository: Path) -> None:
    found, problems = read_repository(repository)
    written = page(repository, found)

    assert problems == []
    assert "Levels: ERROR a person must act, INFO a change of state." in written
    assert "## trainer" in written
    assert "| training failed | ERROR | `state.status.*`, `rows` | `trainer.service` |" in written


def test_a_problem_names_file_and_line(repository: Path) -> None:
    (repository / "services/trainer/src/trainer/other.py").write_text("get_logger('a').info(text)")

    assert read_repository(repository)[1][0].startswith("services/trainer/src/trainer/other.py:1: ")
