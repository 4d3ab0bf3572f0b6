"""Where the simulation stands, kept across runs so that nothing is sent twice."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from generator.payment import DAY_MS
from generator.settings import GeneratorSettings
from generator.stream import LAST_DAY, StreamPlan
from vigie_runtime import ConfigurationError
from vigie_runtime.atomic_files import write_text
from vigie_schemas import is_account_number

FILE_NAME = "generator.json"
HONEST_DAYS = 1  # not more: a first model takes its thresholds from history, where anomalies must be as many as later


@dataclass(frozen=True)
class RunState:
    """The run under way: everything up to `clock_ms` counts as sent."""

    seed: int
    era: int
    run: int
    clock_ms: int
    history_until_ms: int
    anomalies_from_day: int

    def plan(self, settings: GeneratorSettings) -> StreamPlan:
        """What the stream of this run is made of."""
        return StreamPlan(
            seed=self.seed,
            era=self.era,
            accounts=settings.accounts,
            payments_per_day=settings.payments_per_day,
            anomaly_share=settings.anomaly_share,
            anomalies_from_day=self.anomalies_from_day,
        )

    def transaction_id(self, number: int) -> str:
        """Name of the run's transaction of that number."""
        name = f"g{self.seed}-{self.run}-{number:06d}"
        # with a seed of four digits and more, the digits sooner or later pass for a card number
        return f"g{self.seed}-{self.run}-n{number:06d}" if is_account_number(name) else name


def first_run(settings: GeneratorSettings, now_ms: int, *, run: int = 1, era: int = 0) -> RunState:
    """A fresh simulation: whole days of history up to today, the first of them without anomalies."""
    today = now_ms // DAY_MS
    begin = today - settings.history_days
    return RunState(
        seed=settings.seed,
        era=era,
        run=run,
        clock_ms=begin * DAY_MS - 1,
        history_until_ms=today * DAY_MS,
        anomalies_from_day=begin + min(settings.history_days, HONEST_DAYS),
    )


def next_run(settings: GeneratorSettings, now_ms: int) -> RunState:
    """Continue the run found in the data directory, or begin where there is none or it had another seed."""
    last = _load(settings.data_dir / FILE_NAME)
    if last is None:
        return first_run(settings, now_ms)
    if last.seed != settings.seed:
        return first_run(settings, now_ms, run=last.run + 1)
    if last.clock_ms >= LAST_DAY * DAY_MS - 1:
        return next_era(last, settings, now_ms)
    return replace(last, run=last.run + 1)


def next_era(last: RunState, settings: GeneratorSettings, now_ms: int) -> RunState:
    """Start over today with new accounts: the simulated clock has come to the last day the contract allows."""
    return first_run(settings, now_ms, run=last.run + 1, era=last.era + 1)


def save(state: RunState, directory: Path) -> None:
    """Write the state; a crash leaves either the old or the new one. Raises ConfigurationError where it cannot."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        write_text(directory / FILE_NAME, json.dumps(asdict(state)))
    except OSError as error:
        raise ConfigurationError(
            f"{directory} cannot keep the generator's state ({error.strerror}). "
            "Set VIGIE_DATA_DIR to a folder that can be written to."
        ) from None


def _load(path: Path) -> RunState | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        state = RunState(**found)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, OSError):
        state = None
    if state is None or not all(type(value) is int for value in asdict(state).values()):
        raise ConfigurationError(f"{path} is not a state of the generator. Delete it to start over with new history.")
    return state
