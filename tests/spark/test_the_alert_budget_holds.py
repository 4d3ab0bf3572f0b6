"""Real scores through a drift, a wave of fraud and a sale: the budget holds, and the wave changes nothing.

Three days of the generator's own accounts, habits and frauds; hours count from the first midnight. As in the generator,
the bank blocks an account that was robbed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import takewhile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from pyspark.sql import SparkSession

from generator.episodes import ROUND
from generator.payment import DAY_MS, HOUR_MS, Payment
from generator.population import build_population
from generator.stream import PaymentStream, StreamPlan
from spark_detector import AnomalyDetector
from spark_detector.settings import DetectorSettings
from trainer.forest import unusualness
from trainer.logged_features import LoggedFeatures
from trainer.recalibration.policy import SURGE
from trainer.recalibration.recalibrator import Recalibrator
from trainer.recalibration.slices import ScoredRows, SliceCutter
from trainer.settings import TrainerSettings
from trainer.trained import learn
from vigie_schemas import FEATURE_NAMES, SEGMENT_ESTABLISHED, Threshold

pytestmark = [pytest.mark.spark, pytest.mark.nightly]

BEGIN_MS = (date(2026, 3, 3) - date(1970, 1, 1)).days * DAY_MS
LEARNED_UNTIL = 24
SERVED_FROM = 18
"""The champion judges from here on: its thresholds have settled when the drift begins."""
DRIFTED_FROM, DRIFTED_UNTIL = 24, 48
WAVE_FROM, WAVE_UNTIL = 58, 60
SALE_FROM = 63
END = 65
# Few accounts that pay often: their history fills within two days, which the batch form computes in half a minute.
PLAN = StreamPlan(
    seed=7, era=0, accounts=8_000, payments_per_day=10, anomaly_share=0.005, anomalies_from_day=BEGIN_MS // DAY_MS
)


@dataclass(frozen=True)
class ScoredDays:
    """Scores of the established accounts' payments, in order of time, and the threshold that was learned."""

    scores: NDArray[np.float64]
    timestamps_ms: NDArray[np.int64]
    accounts: NDArray[np.int64]
    hours: NDArray[np.float64]
    threshold: Threshold
    alert_budget: float


def three_days() -> pd.DataFrame:
    """Payments with the hour of each."""
    last_ms = BEGIN_MS + END * HOUR_MS
    made = takewhile(lambda payment: payment.timestamp_ms < last_ms, PaymentStream(PLAN).after(BEGIN_MS - 1))
    payments = _with_hours(made)
    payments["amount"] *= np.clip(1 + 0.3 * (payments["hour"] - DRIFTED_FROM) / 24, 1, 1.3)
    again = payments[payments["hour"].between(SALE_FROM - 24, END - 24)].copy()  # twice as many payments as yesterday
    again[["timestamp_ms", "hour"]] += (DAY_MS, 24)
    wave = _wave(payments)
    honest = pd.concat([payments, again])
    blocked = honest["timestamp_ms"] > honest["account_id"].map(wave.groupby("account_id")["timestamp_ms"].min())
    days = pd.concat([honest[~blocked], wave]).sort_values("timestamp_ms", kind="stable", ignore_index=True)
    on_sale = (days["hour"] >= SALE_FROM) & days["scenario"].isna()
    days.loc[on_sale, "amount"] *= 2.5
    return days


def scored_days(spark: SparkSession, folder: Path) -> ScoredDays:
    """Features by the detector, forest and scores by the trainer."""
    days = three_days()
    days.drop(columns=["scenario", "hour"]).reset_index(names="vigie_row").to_parquet(folder / "days.parquet")
    detector = AnomalyDetector(settings=DetectorSettings(), spark=spark)
    source = spark.read.parquet(str(folder / "days.parquet"))
    detector.compute_features(source).write.parquet(str(folder / "features.parquet"))
    features = pd.read_parquet(folder / "features.parquet").sort_values("vigie_row", ignore_index=True)
    logged = _logged(features, days, days["hour"].to_numpy() < LEARNED_UNTIL)
    settings = TrainerSettings()
    trained = learn(logged, settings)
    established = ((features["segment"] == SEGMENT_ESTABLISHED) & (days["hour"] >= SERVED_FROM)).to_numpy()
    kept = days[established]
    return ScoredDays(
        scores=unusualness(trained.forest, features.loc[established, list(FEATURE_NAMES)].to_numpy(np.float64)),
        timestamps_ms=kept["timestamp_ms"].to_numpy(np.int64),
        accounts=pd.factorize(kept["account_id"])[0].astype(np.int64),
        hours=kept["hour"].to_numpy(np.float64),
        threshold=trained.thresholds[SEGMENT_ESTABLISHED],
        alert_budget=settings.alert_budget,
    )


def _wave(payments: pd.DataFrame) -> pd.DataFrame:
    """Fraud that makes a fifth of all payments from one moment to another; episodes may have begun hours before."""
    honest = int(payments["hour"].between(WAVE_FROM, WAVE_UNTIL).sum())
    random = np.random.default_rng(3)
    accounts = build_population(PLAN.seed, PLAN.era, PLAN.accounts, PLAN.payments_per_day)
    episodes = [episode for deck in ROUND for episode in deck]
    stolen: list[Payment] = []
    while len(stolen) < 2 * honest:
        episode = episodes[int(random.integers(len(episodes)))]
        account = accounts[int(random.integers(len(accounts)))]
        moment_ms = BEGIN_MS + int(random.uniform(WAVE_FROM - 6, WAVE_UNTIL) * HOUR_MS)
        stolen += episode.payments(account, moment_ms, random)
    wave = _with_hours(iter(stolen))
    wave = wave[(wave["hour"] >= WAVE_FROM) & (wave["hour"] < WAVE_UNTIL)]
    return wave.sample(honest // 4, random_state=3)


def _with_hours(payments: Iterator[Payment]) -> pd.DataFrame:
    frame = pd.DataFrame(payments)
    return frame.assign(hour=(frame["timestamp_ms"] - BEGIN_MS) / HOUR_MS)


def _logged(features: pd.DataFrame, days: pd.DataFrame, kept: NDArray[np.bool_]) -> LoggedFeatures:
    return LoggedFeatures(
        matrix=features.loc[kept, list(FEATURE_NAMES)].to_numpy(np.float64),
        history_counts=features.loc[kept, "history_count"].to_numpy(np.int64),
        timestamps_ms=days.loc[kept, "timestamp_ms"].to_numpy(np.int64),
        repeats=0,
        left_out=0,
    )


FACTOR = 1.5
SERVED_AFTER_HOURS = 10 / 60
"""A decision waits for the interval between two versions and for a checkpoint, five minutes each by default."""
BATCH = 50


@dataclass(frozen=True)
class Judged:
    """What the detector would have said, and by which thresholds."""

    hours: NDArray[np.float64]
    is_alert: NDArray[np.bool_]
    thresholds: NDArray[np.float64]
    modes: list[tuple[float, str]]
    alert_budget: float

    def share(self, begin: float, end: float) -> float:
        return float(self.is_alert[(self.hours >= begin) & (self.hours < end)].mean())

    def highest_threshold(self, begin: float, end: float) -> float:
        return float(self.thresholds[(self.hours >= begin) & (self.hours < end)].max())

    def modes_between(self, begin: float, end: float) -> list[str]:
        return [mode for hour, mode in self.modes if begin <= hour < end]


@pytest.fixture(scope="module")
def days(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScoredDays]:
    partitions = spark.conf.get("spark.sql.shuffle.partitions")
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    yield scored_days(spark, tmp_path_factory.mktemp("days"))
    spark.conf.set("spark.sql.shuffle.partitions", partitions)


@pytest.fixture(scope="module")
def judged(days: ScoredDays) -> Judged:
    return judge(days)


def judge(days: ScoredDays, *, adapts: bool = True) -> Judged:
    """Every payment under the threshold in charge at its time, which follows the payments before it."""
    recalibrator = Recalibrator(1, 1, {SEGMENT_ESTABLISHED: days.threshold}, days.alert_budget)
    served = days.threshold.threshold
    decided: list[tuple[float, float]] = []
    thresholds = np.empty(len(days.scores))
    modes = []
    for begin in range(0, len(days.scores), BATCH):
        batch, hour = slice(begin, begin + BATCH), float(days.hours[begin])
        while decided and decided[0][0] <= hour:
            served = decided.pop(0)[1]
        thresholds[batch] = served
        if adapts:
            rows = ScoredRows(days.scores[batch], days.timestamps_ms[batch], days.accounts[batch])
            changes = recalibrator.observe(SEGMENT_ESTABLISHED, rows, at=hour * 3_600)
            modes += [(hour, change.mode) for change in changes]
            decided.append((hour + SERVED_AFTER_HOURS, recalibrator.states[SEGMENT_ESTABLISHED].threshold))
    return Judged(days.hours, days.scores >= thresholds, thresholds, modes, days.alert_budget)


def is_near(share: float, budget: float) -> bool:
    return budget / FACTOR <= share <= budget * FACTOR


def test_while_amounts_drift_by_a_third_over_a_day(judged: Judged) -> None:
    day = judged.is_alert[(judged.hours >= DRIFTED_FROM) & (judged.hours < DRIFTED_UNTIL)]

    assert is_near(float(day.mean()), judged.alert_budget), float(day.mean())


def test_ordinary_hours_freeze_and_follow_nothing(days: ScoredDays, judged: Judged) -> None:
    ordinary = days.hours < WAVE_FROM
    rows = ScoredRows(days.scores[ordinary], days.timestamps_ms[ordinary], days.accounts[ordinary])
    slices = SliceCutter().add(rows)
    high = [part for part in slices if part.share_from(days.threshold.threshold) > SURGE * days.alert_budget]
    print(f"{len(slices)} slices of ordinary hours, {len(high)} above {SURGE:g} times the budget")  # noqa: T201

    assert high, "a plain multiple of the budget would have frozen"
    assert judged.modes_between(SERVED_FROM, WAVE_FROM) == []


def test_a_wave_of_fraud_does_not_raise_the_threshold(days: ScoredDays, judged: Judged) -> None:
    before = judged.thresholds[judged.hours < WAVE_FROM][-1]
    assert judged.share(WAVE_FROM, WAVE_UNTIL) > 3 * days.alert_budget, "the wave must be one"
    assert judged.highest_threshold(WAVE_FROM, WAVE_UNTIL + SERVED_AFTER_HOURS) <= before
    assert judged.modes_between(WAVE_FROM, WAVE_UNTIL) == ["frozen"]
    assert judged.modes_between(WAVE_UNTIL, SALE_FROM)[0] == "calm"
    after = judged.thresholds[(judged.hours >= WAVE_FROM) & (judged.hours < SALE_FROM)]
    assert set(after) == {before}, "nor does it leave anything behind"
    wave = days.scores[(days.hours >= WAVE_FROM) & (days.hours < WAVE_UNTIL)]
    assert np.quantile(wave, 1 - days.alert_budget) > before + 0.02, "a plain quantile would have been raised"


def test_a_sudden_sale_recovers_within_an_hour(days: ScoredDays, judged: Judged) -> None:
    unadapted = judge(days, adapts=False)

    assert not is_near(unadapted.share(SALE_FROM + 1, END), days.alert_budget), "the shift must be one"
    assert is_near(judged.share(SALE_FROM + 1, END), days.alert_budget)
    assert "following" in judged.modes_between(SALE_FROM, END)
