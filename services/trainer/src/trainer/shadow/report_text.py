"""A challenger's report for people, in Markdown."""

from typing import Final

from trainer.model_card import utc_text
from vigie_schemas import ShadowReport

WORDS: Final = {True: "passed", False: "**failed**", None: "waits"}
STATES: Final = {
    "watching": "is being watched",
    "awaiting_approval": "has passed and waits for a person's approval",
    "promoted": "serves as champion",
    "rejected": "was rejected",
}


def report_text(report: ShadowReport) -> str:
    """The whole report; what was decided first."""
    decided = f" by {report.decided_by}: {report.decided_why}" if report.decided_by else ""
    return "\n".join(
        [
            f"# Version {report.challenger_version} beside champion {report.champion_version}",
            "",
            f"Version {report.challenger_version} {STATES[report.state]}{decided}.",
            "",
            f"Watched from {utc_text(report.since_ms)} to {utc_text(report.at_ms)} over {report.rows:,} transactions, "
            f"{report.frauds:,} of which are known to be fraud. Made challenger by {report.asked_by}.",
            "",
            "| alerts | |",
            "|---|---:|",
            f"| of the champion | {report.champion_alerts:,} |",
            f"| of the challenger | {report.challenger_alerts:,} |",
            f"| of both | {report.common_alerts:,} |",
            "",
            "| gate | | measured |",
            "|---|---|---|",
            *(f"| {gate.name} | {WORDS[gate.is_passed]} | {gate.sentence} |" for gate in report.gates),
            "",
            "Frauds are those that a label calls so; rows without a label count as sound, for both versions alike.",
            "",
        ]
    )
