import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.payment import DAY_MS
from generator.settings import GeneratorSettings
from generator.state import FILE_NAME, RunState, first_run, next_run, save
from generator.stream import LAST_DAY
from vigie_runtime import ConfigurationError
from vigie_schemas import is_account_number

NOW_MS = 20_000 * DAY_MS + 5


def _settings(tmp_path, **given) -> GeneratorSettings:
    return GeneratorSettings(data_dir=tmp_path / "deep" / "data", **given)


def test_without_a_state_history_comes_first(tmp_path):
    state = next_run(_settings(tmp_path, history_days=12), NOW_MS)

    assert (state.run, state.clock_ms, state.history_until_ms) == (1, 19_988 * DAY_MS - 1, 20_000 * DAY_MS)
    assert state.transaction_id(42) == "g7-1-000042"


@given(st.integers(0, 2**31 - 1), st.integers(1, 10**4), st.integers(0, 10**8))
def test_no_name_passes_for_a_card_number(seed: int, run: int, number: int) -> None:
    state = RunState(seed=seed, era=0, run=run, clock_ms=0, history_until_ms=0, anomalies_from_day=0)

    assert not is_account_number(state.transaction_id(number))


def test_a_second_run_goes_on_from_the_clock_of_the_first(tmp_path):
    settings = _settings(tmp_path)
    first = replace(first_run(settings, NOW_MS), clock_ms=20_003 * DAY_MS)
    save(first, settings.data_dir)

    second = next_run(settings, NOW_MS + 9 * DAY_MS)

    assert second == replace(first, run=2)


def test_another_seed_begins_afresh_and_never_takes_a_run_number_again(tmp_path):
    settings = _settings(tmp_path, history_days=12)
    save(first_run(settings, NOW_MS), settings.data_dir)

    other = next_run(_settings(tmp_path, history_days=12, seed=8), NOW_MS)

    assert (other.seed, other.run, other.clock_ms) == (8, 2, 19_988 * DAY_MS - 1)


def test_at_the_end_of_the_calendar_new_accounts_start_over(tmp_path):
    settings = _settings(tmp_path, history_days=12)
    save(replace(first_run(settings, NOW_MS), clock_ms=LAST_DAY * DAY_MS - 1), settings.data_dir)

    state = next_run(settings, NOW_MS)

    assert (state.run, state.era, state.clock_ms) == (2, 1, 19_988 * DAY_MS - 1)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"seed": 7}', "\x00"])
def test_a_broken_state_says_what_to_do(tmp_path, content):
    settings = _settings(tmp_path)
    settings.data_dir.mkdir(parents=True)
    (settings.data_dir / FILE_NAME).write_text(content)

    with pytest.raises(ConfigurationError, match="Delete it"):
        next_run(settings, NOW_MS)


def test_a_state_of_other_types_is_refused(tmp_path):
    settings = _settings(tmp_path)
    save(first_run(settings, NOW_MS), settings.data_dir)
    path = settings.data_dir / FILE_NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | {"clock_ms": "late"}))

    with pytest.raises(ConfigurationError, match="Delete it"):
        next_run(settings, NOW_MS)


def test_saving_leaves_no_draft(tmp_path):
    settings = _settings(tmp_path)
    save(first_run(settings, NOW_MS), settings.data_dir)

    assert [path.name for path in settings.data_dir.iterdir()] == [FILE_NAME]


def test_a_data_folder_that_cannot_be_written_to_is_said(tmp_path):
    (tmp_path / "deep").write_text("in the way")
    settings = _settings(tmp_path)

    with pytest.raises(ConfigurationError, match="Set VIGIE_DATA_DIR"):
        save(first_run(settings, NOW_MS), settings.data_dir)
