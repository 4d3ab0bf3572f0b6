"""The arithmetic of the second stage, which the trainer and the detector must agree on (docs/adr/0029).

The second stage is a model learned from labels. Its trees give log-odds of fraud, and what serves is one score from
the forest and from these. Without a second stage the forest's score stands as it is.
"""

import math
from typing import Any, Final, Protocol, TypeVar

from vigie_schemas.counterparty import COUNTERPARTY_INPUTS
from vigie_schemas.features import FEATURE_NAMES

HOUR_OF_DAY: Final = "hour_of_day"
"""Whole hours since midnight UTC; NO_HOUR where only the day is known."""
NO_HOUR: Final = -1
SECOND_STAGE_INPUTS: Final = (*FEATURE_NAMES, HOUR_OF_DAY, *COUNTERPARTY_INPUTS)
"""What is added comes last: a champion of before serves with those that it knows."""
FREE_INPUTS: Final = ("amount_log", HOUR_OF_DAY, "counterparty_days_since_sound")
"""Inputs without a direction of risk: frauds come in bands of amounts, at times of day, and for a while after a
counterparty was last known to be sound."""
FALLING_INPUTS: Final = ("counterparty_days_since_fraud",)
"""The more of it, the less risk; the rest only add risk."""


class _Numeric(Protocol):
    def __mul__(self, other: Any, /) -> Any: ...
    def __rsub__(self, other: Any, /) -> Any: ...


Scores = TypeVar("Scores", bound=_Numeric)
"""A float, a numpy array of floats or a Spark Column of doubles."""


def combined_score(score: Scores, log_odds: Any, *, weight: Any, offset: Any, scale: Any) -> Scores:
    """Logistic of (1 - weight) * logit(score) + weight * (offset + scale * log_odds): from 0 to 1, rising with both.

    `score` is the forest's, above 0 and below 1; `log_odds` and the answer have its type and shape. At weight 0 the
    answer is the forest's score; offset and scale put the log-odds where the forest's logits lie.
    """
    of_forest: Any = ((1.0 - score) / score) ** (1.0 - weight)
    of_labels: Any = math.e ** ((offset + log_odds * scale) * weight * -1.0)
    return 1.0 / (1.0 + of_forest * of_labels)
