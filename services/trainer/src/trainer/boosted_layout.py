"""A second stage as trees for Spark: boosting adds up its trees' leaves, and the trees for Spark are averaged."""

from pathlib import Path

import numpy as np
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier

from trainer.errors import TrainingError
from trainer.tree_layout import Tree, write_trees

MODEL_ATTRIBUTES = ("_predictors", "_baseline_prediction", "n_features_in_")
NODE_FIELDS = ("left", "right", "feature_idx", "num_threshold", "value", "count", "is_leaf", "is_categorical")
"""What is read of fitted trees; scikit-learn documents none of it, so the gate compares what was written."""


def write_second_stage(model: HistGradientBoostingClassifier, folder: Path, *, written_at_ms: int) -> None:
    """Write the fitted trees into a new folder; their mean is the model's log-odds.

    Raises TrainingError when this scikit-learn stores its trees in another way.
    """
    tables = _node_tables(model)
    base = float(np.ravel(getattr(model, "_baseline_prediction"))[0])  # noqa: B009
    trees = [_tree(nodes, len(tables), base) for nodes in tables]
    width = int(getattr(model, "n_features_in_"))  # noqa: B009
    write_trees(trees, folder, inputs=width, name="second_stage", written_at_ms=written_at_ms)


def _node_tables(model: HistGradientBoostingClassifier) -> list[np.ndarray]:
    """One record a node, by tree."""
    missing = [name for name in MODEL_ATTRIBUTES if not hasattr(model, name)]
    tables = [] if missing else [predictor.nodes for (predictor,) in getattr(model, "_predictors")]  # noqa: B009
    if tables:
        missing = [f"nodes.{name}" for name in NODE_FIELDS if name not in (tables[0].dtype.names or ())]
    if missing:
        raise TrainingError(
            f"scikit-learn {sklearn.__version__} does not store {', '.join(missing)} of boosted trees, which the "
            "second stage for Spark is written from: install scikit-learn 1.7 to 1.9, as trainer/pyproject.toml says."
        )
    return tables


def _tree(nodes: np.ndarray, trees: int, base: float) -> Tree:
    is_leaf = nodes["is_leaf"].astype(bool)
    return Tree(
        left=np.where(is_leaf, -1, nodes["left"].astype(np.int64)),
        right=np.where(is_leaf, -1, nodes["right"].astype(np.int64)),
        feature=np.where(is_leaf, 0, nodes["feature_idx"].astype(np.int64)),
        threshold=nodes["num_threshold"].astype(np.float64),
        value=nodes["value"] * trees + base,
        rows=nodes["count"].astype(np.int64),
    )
