"""`python -m vigie_backtest.shadow_cost`: what a challenger in shadow costs for each thousand transactions.

A forest of the product's size is learned from made-up features, and the records of transactions that another version
judged are read, scored, compared and written as bytes, as the trainer does. Kafka is left out.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
from rich.console import Console
from rich.table import Table

from trainer.champion_files import write_champion
from trainer.logged_features import LoggedFeatures
from trainer.settings import TrainerSettings
from trainer.shadow.rows import JudgedRows, judged_rows
from trainer.shadow.side_by_side import SideBySide
from trainer.shadow.topics import challenger_records
from trainer.shadow.watching_model import Opinion, WatchingModel
from trainer.trained import learn
from vigie_runtime import load_settings, run_entry_point
from vigie_schemas import FEATURE_NAMES, SEGMENT_ESTABLISHED, ScoredTransaction

TRAINED_ROWS: Final = 20_000
BATCHES: Final = 30
ROWS_A_BATCH: Final = 500
"""What arrives in half a second at the promised rate."""
NOON_MS: Final = 1_790_000_000_000
SEED: Final = 7


def main() -> int:
    """Return the exit code."""
    random = np.random.default_rng(SEED)
    with tempfile.TemporaryDirectory(prefix="vigie-shadow-") as folder:
        model = _model(random, Path(folder))
    batches = [list(_payloads(random, batch * ROWS_A_BATCH)) for batch in range(BATCHES)]
    Console().print(_table(model, batches))
    return 0


def _model(random: np.random.Generator, folder: Path) -> WatchingModel:
    logged = LoggedFeatures(
        matrix=random.normal(size=(TRAINED_ROWS, len(FEATURE_NAMES))),
        history_counts=np.full(TRAINED_ROWS, 30),
        timestamps_ms=NOON_MS + np.arange(TRAINED_ROWS, dtype=np.int64),
        repeats=0,
        left_out=0,
    )
    write_champion(learn(logged, load_settings(TrainerSettings)), folder, written_at_ms=NOON_MS)
    return WatchingModel.load(2, folder)


def _payloads(random: np.random.Generator, first: int) -> Iterator[bytes]:
    for number in range(first, first + ROWS_A_BATCH):
        features = dict(zip(FEATURE_NAMES, random.normal(size=len(FEATURE_NAMES)).tolist(), strict=True))
        record = ScoredTransaction(
            schema_version=1,
            transaction_id=f"tx-{number}",
            account_id=f"acct-{number % 10_000}",
            timestamp_ms=NOON_MS + number,
            sent_at_us=None,
            amount_eur=30.0,
            partition=0,
            offset=number,
            status="scored",
            segment=SEGMENT_ESTABLISHED,
            history_count=30,
            features=features,
            score=0.4,
            threshold=0.6,
            is_anomaly=False,
            model_version=1,
            threshold_version=1,
        )
        yield record.model_dump_json().encode()


def _table(model: WatchingModel, batches: list[list[bytes]]) -> Table:
    taken: dict[str, list[float]] = {"read": [], "score": [], "compare": [], "write": []}
    comparison = SideBySide()

    def timed(step: str, work: Callable[[], object]) -> None:
        begun = time.process_time()
        work()
        taken[step].append(time.process_time() - begun)

    for payloads in batches:
        rows: list[JudgedRows] = []
        opinions: list[Opinion] = []
        timed("read", lambda: rows.append(judged_rows(payloads)))  # noqa: B023
        timed("score", lambda: opinions.append(model.opinion(rows[0])))  # noqa: B023
        timed("compare", lambda: comparison.add(rows[0], opinions[0]))  # noqa: B023
        timed("write", lambda: list(challenger_records(rows[0], opinions[0], model.version)))  # noqa: B023
    table = Table("step", "ms of processor time for 1,000 transactions")
    of_thousand = {step: 1_000 * statistics.median(all_of) * 1_000 / ROWS_A_BATCH for step, all_of in taken.items()}
    for step, milliseconds in of_thousand.items():
        table.add_row(step, f"{milliseconds:.1f}")
    table.add_row("together", f"{sum(of_thousand.values()):.1f}")
    return table


if __name__ == "__main__":
    run_entry_point(main)
