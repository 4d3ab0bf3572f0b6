"""An Isolation Forest as trees for Spark.

The score of an Isolation Forest follows from the mean length of a row's paths through the trees. So a leaf's value is
the length of the path that ends there: its depth, plus the average length c(n) of the rest of the path for the n
training rows that were not separated.
"""

from pathlib import Path

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from trainer.errors import TrainingError
from trainer.logged_features import Floats
from trainer.tree_layout import Tree, depths, write_trees
from vigie_schemas import average_path_length

FOREST_ATTRIBUTES = ("estimators_", "estimators_features_", "max_samples_", "n_features_in_")
TREE_ATTRIBUTES = ("children_left", "children_right", "feature", "n_node_samples", "node_count", "threshold")
"""What is read of a fitted forest and of each tree's `tree_`; scikit-learn documents only part of it."""


def write_forest(forest: IsolationForest, folder: Path, *, written_at_ms: int) -> None:
    """Write the fitted forest into a new folder, as `RandomForestRegressionModel.load` reads it.

    Raises TrainingError when this scikit-learn stores its forests in another way or a tree is deeper than MLlib reads.
    """
    require_attributes(forest)
    trees = [_tree(forest, number) for number in range(len(forest.estimators_))]
    write_trees(trees, folder, inputs=input_width(forest), name="isolation_forest", written_at_ms=written_at_ms)


def require_attributes(forest: IsolationForest) -> None:
    """Raise TrainingError that names what this scikit-learn no longer stores of a fitted forest."""
    missing = [name for name in FOREST_ATTRIBUTES if not hasattr(forest, name)]
    if not missing and forest.estimators_:
        tree = getattr(forest.estimators_[0], "tree_", None)
        missing = [f"tree_.{name}" for name in TREE_ATTRIBUTES if not hasattr(tree, name)]
    if missing:
        raise TrainingError(
            f"scikit-learn {sklearn.__version__} does not store {', '.join(missing)} of an Isolation Forest, which the "
            "forest for Spark is written from: install scikit-learn 1.7 to 1.9, as the trainer's pyproject.toml says."
        )


def average_path_lengths(rows: NDArray[np.integer]) -> Floats:
    """`average_path_length` of each number of rows, in splits; same shape, float64."""
    distinct, places = np.unique(rows, return_inverse=True)
    return np.array([average_path_length(int(number)) for number in distinct])[places]


def _tree(forest: IsolationForest, number: int) -> Tree:
    tree = forest.estimators_[number].tree_
    left, right = tree.children_left, tree.children_right
    return Tree(
        left=left,
        right=right,
        feature=_columns(forest, number)[np.maximum(tree.feature, 0)],
        threshold=tree.threshold,
        value=depths(left, right) + average_path_lengths(tree.n_node_samples),
        rows=tree.n_node_samples,
    )


def _columns(forest: IsolationForest, number: int) -> np.ndarray:
    """Input column of each of the tree's features.

    scikit-learn draws `estimators_features_` in random order even where every tree gets all features, and then does
    not apply it.
    """
    drawn = np.asarray(forest.estimators_features_[number])
    width = input_width(forest)
    return np.arange(width) if len(drawn) == width else drawn


def input_width(forest: IsolationForest) -> int:
    """Features the forest was fitted on; scikit-learn sets the attribute where type checkers do not look."""
    return int(getattr(forest, "n_features_in_"))  # noqa: B009
