"""What the model card of a backtest says besides what every card says: on which rows its figures stand."""

from trainer.model_card import utc_text
from trainer.quality.measured import Quality, judge
from trainer.quality.ranking import Floats, Judged
from trainer.quality.section import plain
from vigie_backtest.options import Options
from vigie_backtest.split import Split


def card_name(options: Options, seed: int) -> str:
    """Stands where a registered model's card names its version."""
    return f"backtest on {plain(options.data.name)}, seed {seed}"


def quality_of(judged: Judged, scores: Floats, options: Options, split: Split) -> Quality:
    """Quality on the rows that the forest had not seen."""
    basis = f"the file's rows from {utc_text(split.cut_ms)} on, which it had not seen"
    if options.without:
        basis += f" (without {', '.join(plain(name) for name in options.without)})"
    if judged.label is None:
        return Quality(basis, judged.rows, trouble="The file has no labels.")
    return judge(judged, scores, basis, judged.rows, options.budgets)
