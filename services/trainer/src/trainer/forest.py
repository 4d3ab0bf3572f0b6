"""The Isolation Forest: fitted, and asked for scores, the way the detector will serve it."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from trainer.anchors import with_anchors
from trainer.logged_features import Floats, LoggedFeatures
from trainer.settings import TrainerSettings
from vigie_schemas import FEATURE_NAMES


def learning_rows(logged: LoggedFeatures, minimum: int) -> Floats:
    """Rows of established accounts; all rows while those are too few, as in the first minutes."""
    established = logged.established
    return logged.matrix[established] if int(established.sum()) >= minimum else logged.matrix


def fit_forest(matrix: Floats, settings: TrainerSettings) -> IsolationForest:
    """Grow a forest on the rows and their anchors, cast to float32, which is what its trees compare with."""
    anchored = with_anchors(matrix, settings.forest_anchor_share, settings.forest_seed)
    forest = IsolationForest(
        n_estimators=settings.forest_trees,
        max_samples=min(settings.forest_samples, len(anchored)),  # pyright: ignore[reportArgumentType]  stub knows "auto" only
        random_state=settings.forest_seed,
        n_jobs=settings.forest_jobs,
    )
    return forest.fit(named_features(anchored))


def unusualness(forest: IsolationForest, matrix: Floats) -> Floats:
    """One score for each row, between 0 and 1, near 1 the most unusual; columns in the order of FEATURE_NAMES."""
    return -forest.score_samples(named_features(matrix))


def named_features(matrix: NDArray[np.floating]) -> pd.DataFrame:
    """The matrix, shape (rows, features), as float32 with column names, so that the registered model knows them."""
    return pd.DataFrame(matrix.astype(np.float32), columns=pd.Index(FEATURE_NAMES))
