"""A trial as tables."""

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vigie_cli.policy_trial.figures import ByTruth, TrialFigures, share
from vigie_cli.policy_trial.trial import PolicyTrial


def show_trial(trial: PolicyTrial, console: Console) -> None:
    """Notes, figures by rule and by verdict, and what it comes to."""
    for note in trial.notes:
        console.print(f"[yellow]·[/yellow] {escape(note)}", soft_wrap=True, highlight=False)
    console.print(_by_rule(trial.figures))
    console.print(_by_verdict(trial.figures))
    console.print(_in_short(trial.figures), soft_wrap=True, highlight=False)


def _by_rule(figures: TrialFigures) -> Table:
    table = _table("By rule: the payments it applies to, whatever other rules say", "rule")
    for name in ("fraud", "EUR", "legitimate", "share", "EUR", "precision"):
        table.add_column(name, justify="right", no_wrap=True)
    all_legitimate = figures.total.legitimate.payments
    for (rule, verdict), each in figures.rules.items():
        flagged = percent(share(each.legitimate.payments, all_legitimate))
        table.add_row(
            f"{escape(rule)}\n[dim]{verdict}[/]", *_fraud(each), *_legitimate(each, flagged), percent(each.precision)
        )
    if not figures.rules:
        table.add_row("[dim]none[/]")
    return table


def _by_verdict(figures: TrialFigures) -> Table:
    table = _table("By verdict: what becomes of each payment", "verdict")
    for name in ("payments", "share", "fraud", "EUR", "legitimate", "EUR", "no label"):
        table.add_column(name, justify="right", no_wrap=True)
    for verdict, each in figures.verdicts.items():
        fraud, legitimate = _fraud(each), (count(each.legitimate.payments), count(each.legitimate.eur))
        of_all = percent(share(each.payments, figures.total.payments))
        table.add_row(verdict, count(each.payments), of_all, *fraud, *legitimate, count(each.unknown.payments))
    return table


def _in_short(figures: TrialFigures) -> str:
    fraud, stopped, cost = figures.total.fraud, figures.stopped.fraud, figures.verdicts
    caught = (
        f"Caught: {count(stopped.payments)} of {count(fraud.payments)} frauds, "
        f"{count(stopped.eur)} of {count(fraud.eur)} EUR. "
    )
    return (
        (caught if fraud.payments else "")
        + f"Cost: legitimate payments of {count(cost['decline'].legitimate.eur)} EUR declined, "
        + f"{count(cost['challenge'].legitimate.eur)} EUR challenged, "
        + f"{count(cost['review'].legitimate.eur)} EUR reviewed."
    )


def _fraud(each: ByTruth) -> tuple[str, str]:
    return count(each.fraud.payments), count(each.fraud.eur)


def _legitimate(each: ByTruth, flagged: str) -> tuple[str, str, str]:
    return count(each.legitimate.payments), flagged, count(each.legitimate.eur)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE, padding=(0, 1, 0, 0))
    for name in columns:
        table.add_column(name, overflow="fold")
    return table


def count(number: float) -> str:
    """`1,234`; EUR without cents."""
    return f"{number:,.0f}"


def percent(part: float | None) -> str:
    """`3.4 %`; a dash where it is not known."""
    return "-" if part is None else f"{part * 100:.3g} %"
