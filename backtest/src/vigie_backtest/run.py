"""One backtest from file to report."""

import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from pyspark.sql import SparkSession

from spark_detector.settings import DetectorSettings
from trainer.model_card import CARD_FILE, ModelCard
from trainer.quality.ranking import EvaluatedRows, Figures
from trainer.settings import TrainerSettings
from trainer.trained import Trained
from vigie_backtest.baselines import other_scores
from vigie_backtest.curves import precision_recall_curve, span_in_days, what_if_table
from vigie_backtest.detector_path import DetectorPath, start_spark
from vigie_backtest.figures import Scored, compared, of_detector
from vigie_backtest.late_labels import forest_alone, notes_on_labels, require_labels
from vigie_backtest.notes import notes_on, notes_on_ties
from vigie_backtest.options import Options
from vigie_backtest.page import Curves, render
from vigie_backtest.progress import NAMES, Progress
from vigie_backtest.reading import Transactions, open_file, read_transactions
from vigie_backtest.report import Results, as_json, assemble, card_name, describe_data, describe_settings, quality_of
from vigie_backtest.split import Split, require_scenarios, split_by_time
from vigie_backtest.teaching import Teaching
from vigie_backtest.tracking import Tracking
from vigie_runtime import InputError, load_settings
from vigie_runtime.atomic_files import write_texts
from vigie_runtime.pseudonyms import PseudonymSettings, load_pseudonyms


def run_backtest(
    options: Options,
    progress: Progress,
    spark: SparkSession | None = None,
    *,
    clock: Callable[[], float] = time.time,
) -> Figures:
    """Measure quality on the file and write report.json, report.html and model-card.md.

    Raises VigieError that says what to do; nothing is written then.
    """
    naming = load_settings(PseudonymSettings)
    require_writable(options.out)
    tracking = Tracking(options.tracking_uri, options.out)
    tracking.require_answer()
    progress.step("reading the file")
    transactions = read_transactions(open_file(options), partial(load_pseudonyms, naming))
    progress.tell(transactions.notes)
    require_scenarios(transactions.frame, options.without)
    require_labels(options, labelled=transactions.labelled)
    split_of(transactions, options, np.ones(len(transactions.frame), dtype=bool))  # before a JVM is started
    trainer = load_settings(TrainerSettings)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vigie-backtest-")))
        detector = load_settings(DetectorSettings)
        if spark is None:
            progress.step("starting Spark")
            spark = start_spark(detector, os.cpu_count() or 1)
            stack.callback(spark.stop)
        path = DetectorPath(spark, folder, detector, trainer)
        results, curves, card = work_out(transactions, options, path, progress, clock)
    report = assemble(results, describe_settings(options, trainer))
    progress.step("writing the report")
    texts = {"report.json": as_json(report), "report.html": render(report, curves), CARD_FILE: card.markdown()}
    options.out.mkdir(parents=True, exist_ok=True)
    write_texts(options.out, texts)
    progress.step("logging to MLflow")
    tracking.log(report)
    return report


def work_out(
    transactions: Transactions, options: Options, detector: DetectorPath, progress: Progress, clock: Callable[[], float]
) -> tuple[Results, Curves, ModelCard]:
    """Features once, then figures of each seed, of the baselines and of the ceiling; the first seed's model card."""
    frame = transactions.frame
    progress.step("computing features")
    features, refused = detector.compute(frame)
    accepted = frame.index.isin(features.index)
    split = split_of(transactions, options, accepted)
    evaluated = evaluated_rows(transactions, features, split)
    teaching = Teaching(frame, features, split, options, detector)
    learned: dict[int, tuple[Trained, Scored]] = {}
    for seed in dict.fromkeys(options.seeds):
        progress.step(f"seed {seed}: learning and scoring")
        learned[seed] = learn_and_score(frame, features, split, options, detector, seed, teaching)
    by_seed = {seed: of_detector(evaluated, scored, options, split.cut_ms) for seed, (_, scored) in learned.items()}
    trained = {seed: each for seed, (each, _) in learned.items()}
    # the page's curve and slider and the card are of the first seed
    seed, (first, scored) = next(iter(learned.items()))
    days = span_in_days(split.cut_ms, int(frame["timestamp_ms"].max()))
    curves = Curves(
        {"Vigie": precision_recall_curve(evaluated, scored.score)}, what_if_table(evaluated, scored.score, days)
    )
    quality = quality_of(evaluated, scored.score, options, split)
    card = ModelCard(card_name(options, seed), int(clock() * 1_000), first, detector.settings_of(seed), quality)
    progress.step("baselines")
    others = other_scores(transactions, features, split, options.seeds[0])
    figures = {
        name: compared(evaluated, scores, options.budgets, options.cards_a_day) for name, scores in others.items()
    }
    for name, scores in others.items():
        curves.precision_recall[NAMES[name]] = precision_recall_curve(evaluated, scores)
    if options.teaches:
        seen = features.loc[frame.index[split.evaluated]]
        figures = {"forest": forest_alone(list(trained.values()), seen, evaluated, options), **figures}
    ceiling = figures.pop("supervised_ceiling", None)
    notes = [
        *transactions.notes,
        *notes_on(evaluated, ceiling, Counter(refused)),
        *notes_on_labels(trained, options),
        *teaching.notes(seed, evaluated, frame.index[split.evaluated]),
        *notes_on_ties(by_seed, options.shown_budget),
    ]
    refusals = transactions.refused | dict(Counter(refused))
    data = describe_data(options.data.name, evaluated, split, frame["timestamp_ms"].to_numpy(), refusals)
    data |= {
        "left_out": transactions.tally.as_dict()["left_out"],
        "mapping": transactions.mapping.model_dump(mode="json", exclude_defaults=True),
    }
    return Results(by_seed, figures, ceiling, data, notes), curves, card


def learn_and_score(
    frame: pd.DataFrame,
    features: pd.DataFrame,
    split: Split,
    options: Options,
    detector: DetectorPath,
    seed: int,
    teaching: Teaching,
) -> tuple[Trained, Scored]:
    """Learn from the rows before the cut and the labels known by then, and score the rows to evaluate.

    `frame` has the columns of reading.Transactions, `features` those of DetectorPath.compute.
    """
    learned = frame.loc[split.train]
    times, accounts = learned["timestamp_ms"].to_numpy(np.int64), tuple(learned["account_id"])
    lesson = teaching.lesson(seed)
    if lesson is not None:
        detector.know_counterparties(lesson.counterparties)
    trained = detector.train(features.loc[learned.index], times, accounts, seed, lesson and lesson.labels)
    champion = detector.champion(trained, seed)
    return trained, Scored.of(
        detector.score(champion, split.cut_ms, frame.index[split.evaluated], max(options.budgets))
    )


def split_of(transactions: Transactions, options: Options, accepted: np.ndarray) -> Split:
    """The split of the rows that are accepted; `accepted` has one entry for each row."""
    return split_by_time(
        transactions.frame,
        options.train_share,
        without=options.without,
        labelled=transactions.labelled,
        accepted=accepted,
    )


def evaluated_rows(transactions: Transactions, features: pd.DataFrame, split: Split) -> EvaluatedRows:
    """The evaluated rows with their labels and amounts in EUR; needs the column amount_eur of `features`."""
    frame = transactions.frame.loc[split.evaluated]
    return EvaluatedRows(
        label=frame["label"].to_numpy(np.int8) if transactions.labelled else None,
        amount_eur=features.loc[frame.index, "amount_eur"].to_numpy(np.float64),
        # NaN, which pandas has for none, would count as a scenario without rows
        scenario=frame["scenario"].astype(object).where(frame["scenario"].notna(), None).to_numpy(object),
        account=frame["account_id"].to_numpy(object),
        timestamp_ms=frame["timestamp_ms"].to_numpy(np.int64),
    )


def require_writable(folder: Path) -> None:
    """Raise InputError where the folder cannot be made or nothing can be written in it; it is not made yet."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise InputError(f"{folder} cannot be written to. Give another folder with --out.")
