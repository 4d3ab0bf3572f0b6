"""Walks a forest in MLlib's layout by numpy alone: to check that it is what was learned, and for challengers."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from trainer.logged_features import Floats
from vigie_schemas import isolation_score

Places = NDArray[np.intp]

ROWS_AT_ONCE = 2_000
"""Rows that walk all trees together, so that memory is bounded."""


class LayoutForest:
    """A forest read back from its folder; raises LookupError or ValueError for trees without all their nodes."""

    def __init__(self, folder: Path) -> None:
        metadata = json.loads((folder / "metadata" / "part-00000").read_text(encoding="utf-8"))
        nodes = pq.read_table(folder / "data").flatten().flatten()
        of_tree = nodes["treeID"].to_numpy()
        order = np.lexsort((nodes["nodeData.id"].to_numpy(), of_tree))
        lists = nodes["nodeData.split.leftCategoriesOrThreshold"].to_pylist()
        thresholds = np.array([values[0] if values else np.nan for values in lists])
        self.trees = int(metadata["paramMap"]["numTrees"])
        self._roots = np.append(0, np.flatnonzero(np.diff(of_tree[order])) + 1)
        sizes = np.diff(np.append(self._roots, len(order)))
        first, size = np.repeat(self._roots, sizes), np.repeat(sizes, sizes)
        children = []
        is_leaf = nodes["nodeData.leftChild"].to_numpy()[order] < 0
        for name in ("nodeData.rightChild", "nodeData.leftChild"):
            child = nodes[name].to_numpy()[order]
            if (child >= size).any() or (child[~is_leaf] < 0).any():
                raise LookupError("a node lacks a child")
            # a leaf leads to itself, so that all rows take as many steps
            children.append(np.where(is_leaf, np.arange(len(order)), child + first))
        self._children = np.stack(children, axis=1).ravel()
        self._features = np.where(is_leaf, 0, nodes["nodeData.split.featureIndex"].to_numpy()[order])
        self._thresholds = np.where(is_leaf, np.inf, thresholds[order])
        self._values = nodes["nodeData.prediction"].to_numpy()[order]
        self._depths = self._depths_of_nodes()
        self._steps = int(self._depths.max())

    def scores(self, matrix: Floats, samples_per_tree: int) -> Floats:
        """One score for each row as the detector computes it: features as float32, mean over the trees."""
        return isolation_score(self.means(matrix.astype(np.float32).astype(np.float64)), samples_per_tree)

    def means(self, inputs: Floats) -> Floats:
        """The mean over the trees' answers for each row of the inputs, shape (rows, inputs)."""
        return self._over_leaves(self._values, inputs) / self.trees

    def visits(self, inputs: Floats) -> Floats:
        """How many splits each row of the inputs passes in all trees, shape (rows, inputs): what scoring it costs."""
        return self._over_leaves(self._depths, inputs)

    def _over_leaves(self, values: Floats, inputs: Floats) -> Floats:
        """The sum of the values of those leaves that each row comes to."""
        parts = [inputs[first : first + ROWS_AT_ONCE] for first in range(0, len(inputs), ROWS_AT_ONCE)]
        return np.concatenate([values.take(self._leaves(part)).sum(axis=1) for part in parts] or [np.zeros(0)])

    def _leaves(self, inputs: Floats) -> Places:
        rows, width = inputs.shape
        flat = np.ascontiguousarray(inputs).ravel()
        row = np.repeat(np.arange(rows) * width, len(self._roots))
        at = np.tile(self._roots, rows)
        for _ in range(self._steps):
            goes_left = flat.take(row + self._features.take(at)) <= self._thresholds.take(at)
            at = self._children.take(2 * at + goes_left)
        return at.reshape(rows, -1)

    def _depths_of_nodes(self) -> Floats:
        """Steps from the root; raises ValueError where a row would never come to a leaf."""
        depths = np.zeros(len(self._values))
        at = self._roots
        for step in range(1, len(self._values) + 1):
            below = self._children.reshape(-1, 2)[at]
            at = np.unique(below[below != at[:, None]])
            if not len(at):
                return depths
            depths[at] = step
        raise ValueError("a node is its own child's child")
