"""An Isolation Forest as data that Spark MLlib reads as a RandomForestRegressionModel, written without a JVM.

The score of an Isolation Forest follows from the mean length of a row's paths through the trees, and the mean of the
leaves' values is what MLlib's regression forest computes. So a leaf's value is the length of the path that ends there:
its depth, plus the average length c(n) of the rest of the path for the n training rows that were not separated.
"""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import sklearn
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from trainer.errors import TrainingError
from trainer.logged_features import Floats
from vigie_schemas import average_path_length

SPARK_VERSION = "4.3.0"
FOREST_CLASS = "org.apache.spark.ml.regression.RandomForestRegressionModel"
TREE_CLASS = "org.apache.spark.ml.regression.DecisionTreeRegressionModel"
DEEPEST = 30  # MLlib's own limit
FOREST_ATTRIBUTES = ("estimators_", "estimators_features_", "max_samples_", "n_features_in_")
TREE_ATTRIBUTES = ("children_left", "children_right", "feature", "n_node_samples", "node_count", "threshold")
"""What is read of a fitted forest and of each tree's `tree_`; scikit-learn documents only part of it."""

# What Spark's loader names and casts to; `not null` wherever its case classes hold primitives.
_DOUBLES = pa.list_(pa.field("element", pa.float64(), nullable=False))
_SPLIT = pa.struct(
    [
        pa.field("featureIndex", pa.int32(), nullable=False),
        pa.field("leftCategoriesOrThreshold", _DOUBLES),
        pa.field("numCategories", pa.int32(), nullable=False),
    ]
)
_NODE = pa.struct(
    [
        pa.field("id", pa.int32(), nullable=False),
        pa.field("prediction", pa.float64(), nullable=False),
        pa.field("impurity", pa.float64(), nullable=False),
        pa.field("impurityStats", _DOUBLES),
        pa.field("rawCount", pa.int64(), nullable=False),
        pa.field("gain", pa.float64(), nullable=False),
        pa.field("leftChild", pa.int32(), nullable=False),
        pa.field("rightChild", pa.int32(), nullable=False),
        pa.field("split", _SPLIT),
    ]
)
NODES = pa.schema([pa.field("treeID", pa.int32(), nullable=False), pa.field("nodeData", _NODE)])
TREES = pa.schema(
    [
        pa.field("_1", pa.int32(), nullable=False),  # tree
        pa.field("_2", pa.string()),  # the tree's own metadata
        pa.field("_3", pa.float64(), nullable=False),  # its weight
    ]
)


def write_forest(forest: IsolationForest, folder: Path, *, written_at_ms: int) -> None:
    """Write the fitted forest into a new folder, as `RandomForestRegressionModel.load` reads it.

    Raises TrainingError when this scikit-learn stores its forests in another way or a tree is deeper than MLlib reads.
    """
    require_attributes(forest)
    folder.mkdir(parents=True)  # a folder left from before could hold checksums of other files
    _write_table(
        pa.concat_tables(_tree_nodes(forest, tree) for tree in range(len(forest.estimators_))), folder / "data"
    )
    _write_table(_trees(forest, written_at_ms), folder / "treesMetadata")
    _write_part(folder / "metadata", "part-00000", json.dumps(_metadata(forest, written_at_ms)) + "\n")


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


def _tree_nodes(forest: IsolationForest, number: int) -> pa.Table:
    tree = forest.estimators_[number].tree_
    inner = tree.children_left >= 0
    lengths = _depths(tree.children_left, tree.children_right) + average_path_lengths(tree.n_node_samples)
    split = pa.StructArray.from_arrays(
        [
            pa.array(np.where(inner, _columns(forest, number)[np.maximum(tree.feature, 0)], -1), pa.int32()),
            pa.array([[value] if known else [] for value, known in zip(tree.threshold, inner, strict=True)], _DOUBLES),
            pa.array(np.full(tree.node_count, -1), pa.int32()),  # -1: a threshold, no categories
        ],
        fields=list(_SPLIT),
    )
    count = tree.n_node_samples.astype(np.float64)
    stats = np.stack([count, count * lengths, count * lengths**2], axis=1)
    node = pa.StructArray.from_arrays(
        [
            pa.array(np.arange(tree.node_count), pa.int32()),
            pa.array(lengths, pa.float64()),
            pa.array(np.zeros(tree.node_count), pa.float64()),
            pa.array(list(stats), _DOUBLES),
            pa.array(tree.n_node_samples, pa.int64()),
            pa.array(np.where(inner, 0.0, -1.0), pa.float64()),
            pa.array(tree.children_left, pa.int32()),
            pa.array(tree.children_right, pa.int32()),
            split,
        ],
        fields=list(_NODE),
    )
    return pa.Table.from_arrays([pa.array(np.full(tree.node_count, number), pa.int32()), node], schema=NODES)


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


def _depths(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Splits above each node."""
    depths = np.zeros(len(left), dtype=np.int64)
    for node in np.flatnonzero(left >= 0):
        if min(left[node], right[node]) <= node:  # MLlib builds a tree from its last node to its first
            raise TrainingError("The forest's nodes are not in an order Spark can read: this scikit-learn is too new.")
        depths[left[node]] = depths[right[node]] = depths[node] + 1
    if depths.max() > DEEPEST:
        raise TrainingError(f"A tree is {depths.max()} deep, Spark reads {DEEPEST}: lower VIGIE_FOREST_SAMPLES.")
    return depths


def _trees(forest: IsolationForest, written_at_ms: int) -> pa.Table:
    described = [
        json.dumps(_header(TREE_CLASS, f"vigie_isolation_tree_{number}", written_at_ms, {"maxDepth": DEEPEST}))
        for number in range(len(forest.estimators_))
    ]
    return pa.Table.from_arrays(
        [
            pa.array(range(len(described)), pa.int32()),
            pa.array(described, pa.string()),
            pa.array([1.0] * len(described), pa.float64()),
        ],
        schema=TREES,
    )


def _metadata(forest: IsolationForest, written_at_ms: int) -> dict[str, object]:
    trees = len(forest.estimators_)
    params: dict[str, str | int] = {
        "numTrees": trees,
        "maxDepth": DEEPEST,
    }  # without numTrees the mean is taken over MLlib's default of 20
    header = _header(FOREST_CLASS, "vigie_isolation_forest", written_at_ms, params)
    return header | {"numFeatures": input_width(forest), "numTrees": trees}


def _header(kind: str, uid: str, written_at_ms: int, params: dict[str, str | int]) -> dict[str, object]:
    return {
        "class": kind,
        "timestamp": written_at_ms,
        "sparkVersion": SPARK_VERSION,
        "uid": uid,
        "paramMap": params | {"impurity": "variance"},  # the loader asks for it, though no leaf depends on it
        "defaultParamMap": {},
    }


def _write_table(table: pa.Table, folder: Path) -> None:
    folder.mkdir()
    pq.write_table(table, folder / "part-00000.snappy.parquet", compression="snappy")
    (folder / "_SUCCESS").touch()


def _write_part(folder: Path, name: str, text: str) -> None:
    folder.mkdir()
    (folder / name).write_text(text, encoding="utf-8")
    (folder / "_SUCCESS").touch()
