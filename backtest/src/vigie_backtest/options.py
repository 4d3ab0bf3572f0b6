"""What a backtest is asked to do."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from trainer.quality.ranking import BUDGETS, nearest_budget
from vigie_backtest.lies import LIES
from vigie_runtime import ConfigurationError
from vigie_runtime.rates import configured_rates
from vigie_schemas.topics import DAY_MS, HOUR_MS

SEEDS: Final = (7, 8, 9)
MIN_TRAIN_ROWS: Final = 1_000
"""Below this the trainer refuses to be asked at all: the lower bound of VIGIE_TRAIN_MINIMUM_ROWS."""
MIN_EVALUATED_ROWS: Final = 100
"""At a budget of 1 % one of them alerts; figures of fewer are chance."""
_SPAN: Final = re.compile(r"(\d{1,4})(d|h)")
_UNIT_MS: Final = {"d": DAY_MS, "h": HOUR_MS}
MLFLOW_SCHEMES: Final = ("", "http", "https", "sqlite", "postgresql", "mysql", "mssql", "file")


@dataclass(frozen=True)
class Options:
    """One backtest; raises ConfigurationError for values that cannot be meant."""

    data: Path
    out: Path
    columns: Mapping[str, str] = field(default_factory=dict)
    train_share: float = 0.6
    seeds: tuple[int, ...] = SEEDS
    budgets: tuple[float, ...] = BUDGETS
    without: tuple[str, ...] = ()
    currency: str | None = None
    cards_a_day: int = 100
    mapping: Path | None = None
    mlflow: str | None = None
    labels: str | None = None
    """How long after its transaction a label is known, as `7d` or `12h`; None: no such label teaches."""
    answers: int | None = None
    """How many questions about the span that is learned from a person answers; None: none."""
    lies: str | None = None
    """Which labels lie to the training (vigie_backtest.lies); None: none does."""

    def __post_init__(self) -> None:
        if not 0 < self.train_share < 1:
            raise ConfigurationError(f"--train-share is {self.train_share}: give a share between 0 and 1, such as 0.6.")
        wrong = [budget for budget in self.budgets if not 0 < budget < 1]
        if wrong or not self.budgets:
            raise ConfigurationError(
                f"--budget is {wrong[0] if wrong else 'empty'}: give shares, such as 0.01 for 1 %."
            )
        if not self.seeds or min(self.seeds) < 0 or max(self.seeds) >= 2**32:
            raise ConfigurationError("--seed must be a whole number from 0 to 4294967295, and there must be one.")
        if self.currency is not None and self.currency not in configured_rates().eur_per_unit:
            raise ConfigurationError(
                f"--currency {self.currency} has no reference rate: give a code of ISO 4217 such as EUR, or set "
                f"VIGIE_EXTRA_RATES={self.currency}=UNITS_PER_EUR."
            )
        scheme = urlsplit(self.mlflow or "").scheme.split("+")[0]
        if scheme not in MLFLOW_SCHEMES:
            raise ConfigurationError(
                f"--mlflow {self.mlflow} is no address of MLflow: give http://host:port, sqlite:///FILE or a folder."
            )
        if self.labels is not None and _SPAN.fullmatch(self.labels) is None:
            raise ConfigurationError(
                f"--labels {self.labels} is no span of time: give the days or hours after which a label is known, "
                "such as 7d or 12h."
            )
        if self.answers is not None and self.labels is not None:
            raise ConfigurationError("Give --labels or --answers, not both: answers teach where no other label does.")
        if self.answers is not None and self.answers < 1:
            raise ConfigurationError(f"--answers is {self.answers}: give how many questions are answered, such as 200.")
        if self.lies is not None and (self.lies not in LIES or not self.teaches):
            raise ConfigurationError(
                f"--lies is {self.lies}: give {' or '.join(LIES)}, and --labels or --answers, which are what lies."
            )
        if self.cards_a_day < 1:
            raise ConfigurationError("--cards-a-day must be at least 1.")
        if self.mapping is not None and self.columns:
            raise ConfigurationError("Give --mapping or --column, not both: write the names into the mapping.")

    @property
    def label_delay_ms(self) -> int | None:
        """Milliseconds from a transaction to its label; None where no label teaches."""
        found = _SPAN.fullmatch(self.labels or "")
        return None if found is None else int(found[1]) * _UNIT_MS[found[2]]

    @property
    def teaches(self) -> bool:
        """Whether labels teach a second stage."""
        return self.labels is not None or self.answers is not None

    @property
    def shown_budget(self) -> float:
        """The budget at which alerts are shown one by one: 1 %, or the nearest that was asked for."""
        return nearest_budget(self.budgets)

    @property
    def tracking_uri(self) -> str:
        """MLflow's address; without one, a store of its own beside the report."""
        return self.mlflow or f"sqlite:///{(self.out / 'mlflow.db').absolute()}"
