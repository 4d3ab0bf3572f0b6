"""Ensembles of trees as data that Spark MLlib reads as a RandomForestRegressionModel, written without a JVM.

What that model computes is the mean of the leaves' values over the trees.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from trainer.errors import TrainingError
from trainer.logged_features import Floats

SPARK_VERSION = "4.3.0"
FOREST_CLASS = "org.apache.spark.ml.regression.RandomForestRegressionModel"
TREE_CLASS = "org.apache.spark.ml.regression.DecisionTreeRegressionModel"
DEEPEST = 30  # MLlib's own limit
Integers = NDArray[np.integer]

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


@dataclass(frozen=True)
class Tree:
    """Nodes of one tree, an element a node; node 0 is the root, and `left` and `right` are negative at leaves."""

    left: Integers
    right: Integers
    feature: Integers
    """Column of the input that a node compares; any number at leaves."""
    threshold: Floats
    """A row goes left where its input is at most this."""
    value: Floats
    """What the tree answers where a row's path ends."""
    rows: Integers
    """Training rows that came to the node."""

    @property
    def inner(self) -> NDArray[np.bool_]:
        """Which nodes are no leaves, shape (nodes,)."""
        return self.left >= 0


def write_trees(trees: Sequence[Tree], folder: Path, *, inputs: int, name: str, written_at_ms: int) -> None:
    """Write the ensemble into a new folder, as `RandomForestRegressionModel.load` reads it; `inputs` is its width.

    Raises TrainingError for nodes in another order than MLlib reads, or a tree deeper than it reads.
    """
    folder.mkdir(parents=True)  # a folder left from before could hold checksums of other files
    _write_table(pa.concat_tables(_nodes(tree, number) for number, tree in enumerate(trees)), folder / "data")
    _write_table(_headers(len(trees), name, written_at_ms), folder / "treesMetadata")
    # without numTrees the mean is taken over MLlib's default of 20
    params: dict[str, str | int] = {"numTrees": len(trees), "maxDepth": DEEPEST}
    metadata = _header(FOREST_CLASS, f"vigie_{name}", written_at_ms, params)
    metadata |= {"numFeatures": inputs, "numTrees": len(trees)}
    _write_part(folder / "metadata", "part-00000", json.dumps(metadata) + "\n")


def depths(left: Integers, right: Integers) -> NDArray[np.int64]:
    """Splits above each node, shape (nodes,) as the children's; raises TrainingError as `write_trees` does."""
    found = np.zeros(len(left), dtype=np.int64)
    for node in np.flatnonzero(left >= 0):
        if min(left[node], right[node]) <= node:  # MLlib builds a tree from its last node to its first
            raise TrainingError("The trees' nodes are not in an order Spark can read: this scikit-learn is too new.")
        found[left[node]] = found[right[node]] = found[node] + 1
    if found.max() > DEEPEST:
        raise TrainingError(f"A tree is {found.max()} deep, Spark reads {DEEPEST}: lower VIGIE_FOREST_SAMPLES.")
    return found


def _nodes(tree: Tree, number: int) -> pa.Table:
    depths(tree.left, tree.right)
    nodes, inner = len(tree.left), tree.inner
    split = pa.StructArray.from_arrays(
        [
            pa.array(np.where(inner, tree.feature, -1), pa.int32()),
            pa.array([[value] if known else [] for value, known in zip(tree.threshold, inner, strict=True)], _DOUBLES),
            pa.array(np.full(nodes, -1), pa.int32()),  # -1: a threshold, no categories
        ],
        fields=list(_SPLIT),
    )
    count = tree.rows.astype(np.float64)
    stats = np.stack([count, count * tree.value, count * tree.value**2], axis=1)
    node = pa.StructArray.from_arrays(
        [
            pa.array(np.arange(nodes), pa.int32()),
            pa.array(tree.value, pa.float64()),
            pa.array(np.zeros(nodes), pa.float64()),
            pa.array(list(stats), _DOUBLES),
            pa.array(tree.rows, pa.int64()),
            pa.array(np.where(inner, 0.0, -1.0), pa.float64()),
            pa.array(tree.left, pa.int32()),
            pa.array(tree.right, pa.int32()),
            split,
        ],
        fields=list(_NODE),
    )
    return pa.Table.from_arrays([pa.array(np.full(nodes, number), pa.int32()), node], schema=NODES)


def _headers(trees: int, name: str, written_at_ms: int) -> pa.Table:
    described = [
        json.dumps(_header(TREE_CLASS, f"vigie_{name}_tree_{number}", written_at_ms, {"maxDepth": DEEPEST}))
        for number in range(trees)
    ]
    return pa.Table.from_arrays(
        [pa.array(range(trees), pa.int32()), pa.array(described, pa.string()), pa.array([1.0] * trees, pa.float64())],
        schema=TREES,
    )


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
