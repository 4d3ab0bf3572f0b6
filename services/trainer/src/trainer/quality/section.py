"""The quality part of a model card, in Markdown."""

import re
from typing import Final

from trainer.quality.measured import MAX_NAME_CHARACTERS, MIN_FRAUD, Measured, ModelQuality
from vigie_schemas import LABELS

SPECIAL: Final = re.compile(r"([\\`*{}\[\]<>()#+!|~:])")


def quality_section(quality: ModelQuality) -> list[str]:
    """Lines of the section: figures and the worst scenario, or plainly that nothing is known and what to do."""
    lines = ["## Quality", "", *_sampled(quality)]
    if quality.measured is None:
        return [*lines, _unknown(quality)]
    return [
        *lines,
        f"{_basis(quality)} Labels only measure: the forest never learns from them. Where only alerts get labels, "
        "recall looks better than it is.",
        "",
        f"ROC AUC {quality.measured.roc_auc:.3f}, average precision {quality.measured.average_precision:.3f}.",
        "",
        *_budget_table(quality.measured),
        "",
        _worst_sentence(quality.measured),
        *_scenario_table(quality.measured),
    ]


def _sampled(quality: ModelQuality) -> list[str]:
    found = quality.sampled
    if found is None:
        return []
    return [
        f"**Alerts find {percent(found.recall.value)} of the fraud** (95 %: {percent(found.recall.low)} to "
        f"{percent(found.recall.high)}), by people's answers on {found.answered_alerts:,} alerts, "
        f"{found.alert_frauds:,} of them fraud, and on {found.answered_others:,} other transactions that were chosen "
        f"by chance, {found.other_frauds:,} of them fraud.",
        "",
    ]


def _basis(quality: ModelQuality) -> str:
    known = "all" if quality.rows == quality.asked else f"{quality.rows:,} of"
    of_all = f"the truth is known of {known} {quality.asked:,}, {quality.fraud:,} of them fraud."
    return f"Measured on {quality.basis}: {of_all}"


def _unknown(quality: ModelQuality) -> str:
    known = quality.trouble or (
        f"{_basis(quality)} Figures need {MIN_FRAUD} frauds and ordinary rows to tell them from."
    )
    return (
        f"**No quality is known yet.** {known} To know: `make backtest DATA=FILE` with labelled transactions, or wait: "
        f"labels arrive later on `{LABELS.name}`, and the next training is evaluated by them."
    )


def _budget_table(measured: Measured) -> list[str]:
    rows = [
        f"| {percent(at.budget)} | {percent(at.precision)} | {percent(at.recall)} | {percent(at.false_positive_rate)} |"
        for at in measured.at_budget
    ]
    return ["| flagged | precision | recall | false-positive rate |", "|---:|---:|---:|---:|", *rows]


def _worst_sentence(measured: Measured) -> str:
    worst, shown = measured.worst, measured.shown
    if worst is None:
        return "No label names a scenario, so no worst one can be named."
    budget, everything = percent(measured.at_budget[shown].budget), percent(measured.at_budget[shown].recall)
    only = " (the only one known)" if len(measured.scenarios) == 1 else ""
    return (
        f"**Worst scenario: {plain(worst.name)}**{only}: flagging {budget} of the rows finds "
        f"{percent(worst.recall[shown])} of its {worst.fraud:,} frauds, against {everything} of all fraud."
    )


def _scenario_table(measured: Measured) -> list[str]:
    if not measured.scenarios:
        return []
    budgets = [percent(at.budget) for at in measured.at_budget]
    lines = [
        "",
        f"| scenario | frauds | {' | '.join(f'recall at {budget}' for budget in budgets)} |",
        "|---|---:|" + "---:|" * len(budgets),
        *(
            f"| {plain(each.name)} | {each.fraud:,} | {' | '.join(percent(share) for share in each.recall)} |"
            for each in measured.listed
        ),
    ]
    left = len(measured.scenarios) - len(measured.listed)
    return [*lines, "", f"{left} scenarios with fewer frauds are not listed."] if left else lines


def percent(share: float) -> str:
    """`0.001` as `0.1 %`, `0.0004` as `0.04 %`: one decimal, two below 0.1 %."""
    digits = 2 if 0 < share < 0.001 else 1
    return f"{share * 100:.{digits}f} %"


def plain(text: str) -> str:
    """A name from outside as one short line that Markdown takes for nothing but text."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return SPECIAL.sub(r"\\\1", line[:MAX_NAME_CHARACTERS])
