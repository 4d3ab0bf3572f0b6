"""Walks a forest in MLlib's layout by numpy alone: the check that what was written is what was learned."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from trainer.logged_features import Floats
from vigie_schemas import isolation_score

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class _Tree:
    left: Integers
    right: Integers
    feature: Integers
    threshold: Floats
    value: Floats

    def values(self, matrix: Floats) -> Floats:
        at = np.zeros(len(matrix), dtype=np.int64)
        while (walking := np.flatnonzero(self.left[at] >= 0)).size:
            node = at[walking]
            goes_left = matrix[walking, self.feature[node]] <= self.threshold[node]
            at[walking] = np.where(goes_left, self.left[node], self.right[node])
        return self.value[at]


class LayoutForest:
    """A forest read back from its folder."""

    def __init__(self, folder: Path) -> None:
        metadata = json.loads((folder / "metadata" / "part-00000").read_text(encoding="utf-8"))
        nodes = pq.read_table(folder / "data").flatten().flatten()
        of_tree = nodes["treeID"].to_numpy()
        order = np.lexsort((nodes["nodeData.id"].to_numpy(), of_tree))
        lists = nodes["nodeData.split.leftCategoriesOrThreshold"].to_pylist()
        columns = {
            "left": nodes["nodeData.leftChild"].to_numpy(),
            "right": nodes["nodeData.rightChild"].to_numpy(),
            "feature": nodes["nodeData.split.featureIndex"].to_numpy(),
            "threshold": np.array([values[0] if values else np.nan for values in lists]),
            "value": nodes["nodeData.prediction"].to_numpy(),
        }
        by_tree = np.split(order, np.flatnonzero(np.diff(of_tree[order])) + 1)
        self._trees = [_Tree(**{name: values[rows] for name, values in columns.items()}) for rows in by_tree]
        self.trees = int(metadata["paramMap"]["numTrees"])

    def scores(self, matrix: Floats, samples_per_tree: int) -> Floats:
        """One score for each row as the detector computes it: features as float32, mean over the trees."""
        return isolation_score(self.means(matrix.astype(np.float32).astype(np.float64)), samples_per_tree)

    def means(self, inputs: Floats) -> Floats:
        """The mean over the trees' answers for each row of the inputs, shape (rows, inputs)."""
        return np.sum([tree.values(inputs) for tree in self._trees], axis=0) / self.trees
