"""What was written scores as what was learned, by a walker that knows only the files."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import IsolationForest

from trainer import TrainingError
from trainer.forest_layout import (
    FOREST_ATTRIBUTES,
    TREE_ATTRIBUTES,
    average_path_lengths,
    write_forest,
)
from trainer.layout_walker import LayoutForest
from trainer.tree_layout import FOREST_CLASS
from vigie_schemas import average_path_length

CLOSE = 1e-12


def fitted(matrix: np.ndarray, trees: int = 20, samples: int = 64) -> IsolationForest:
    forest = IsolationForest(n_estimators=trees, max_samples=min(samples, len(matrix)), random_state=7)
    return forest.fit(matrix.astype(np.float32))


def largest_difference(forest: IsolationForest, folder: Path, matrix: np.ndarray) -> float:
    write_forest(forest, folder, written_at_ms=1_795_433_310_957)
    walked = LayoutForest(folder).scores(matrix, int(forest.max_samples_))
    return float(np.abs(walked + forest.score_samples(matrix.astype(np.float32))).max())


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(2, 300),
    width=st.integers(1, 16),
    trees=st.integers(1, 8),
    samples=st.integers(2, 128),
    levels=st.sampled_from([1, 2, 5, 10**6]),
    scale=st.sampled_from([1e-30, 1.0, 1e30]),
)
def test_any_forest_scores_the_same_from_its_files(
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    rows: int,
    width: int,
    trees: int,
    samples: int,
    levels: int,
    scale: float,
) -> None:
    random = np.random.default_rng(seed)
    matrix = random.integers(0, levels, size=(rows, width)) * scale
    forest = fitted(matrix, trees, samples)
    splits = forest.estimators_[0].tree_.threshold.astype(np.float32).astype(np.float64)
    on_splits = np.repeat(splits[:, None], width, axis=1)

    folder = tmp_path_factory.mktemp("layout") / "forest"
    assert largest_difference(forest, folder, np.concatenate([matrix, on_splits])) <= CLOSE


def test_drawn_features_are_mapped_to_their_columns(tmp_path: Path) -> None:
    matrix = np.random.default_rng(3).normal(size=(200, 10))
    forest = IsolationForest(n_estimators=20, max_samples=64, max_features=0.3, random_state=7).fit(
        matrix.astype(np.float32)
    )

    assert largest_difference(forest, tmp_path / "forest", matrix) <= CLOSE


def test_the_folder_is_what_spark_expects(tmp_path: Path) -> None:
    matrix = np.random.default_rng(4).normal(size=(200, 3))
    forest = fitted(matrix, trees=5)
    write_forest(forest, tmp_path / "forest", written_at_ms=12)

    files = {path.relative_to(tmp_path / "forest").as_posix() for path in (tmp_path / "forest").rglob("*.*")}
    assert files == {"data/part-00000.snappy.parquet", "treesMetadata/part-00000.snappy.parquet"}
    assert (tmp_path / "forest" / "metadata" / "_SUCCESS").is_file()
    metadata = json.loads((tmp_path / "forest" / "metadata" / "part-00000").read_text())
    assert metadata["class"] == FOREST_CLASS
    assert metadata["paramMap"]["numTrees"] == metadata["numTrees"] == 5
    assert (metadata["numFeatures"], metadata["timestamp"]) == (3, 12)
    schema = pq.read_schema(tmp_path / "forest" / "data" / "part-00000.snappy.parquet")
    assert not schema.field("treeID").nullable
    node = schema.field("nodeData").type
    assert {node.field(i).name for i in range(node.num_fields) if node.field(i).nullable} == {"impurityStats", "split"}


def test_a_folder_that_is_there_already_is_not_written_into(tmp_path: Path) -> None:
    forest = fitted(np.random.default_rng(5).normal(size=(50, 2)), trees=1)

    with pytest.raises(FileExistsError):
        write_forest(forest, tmp_path, written_at_ms=12)


def test_path_lengths_of_many_are_those_of_each() -> None:
    rows = np.array([256, 0, 1, 2, 3, 256])

    assert average_path_lengths(rows).tolist() == [average_path_length(int(number)) for number in rows]


def test_the_installed_scikit_learn_stores_what_is_read() -> None:
    forest = fitted(np.random.default_rng(6).normal(size=(200, 3)), trees=2)

    missing = {name for name in FOREST_ATTRIBUTES if not hasattr(forest, name)}
    missing |= {f"tree_.{name}" for name in TREE_ATTRIBUTES if not hasattr(forest.estimators_[0].tree_, name)}

    assert not missing, f"scikit-learn {sklearn.__version__} no longer stores {sorted(missing)} of a forest"
    tree = forest.estimators_[0].tree_
    assert tree.threshold.dtype == np.float64
    assert {tree.children_left.shape, tree.n_node_samples.shape, tree.threshold.shape} == {(tree.node_count,)}
    assert (tree.children_left[tree.children_left >= 0] > 0).all()


@pytest.mark.parametrize("name", ["estimators_features_", "n_features_in_"])
def test_a_scikit_learn_that_stores_something_else_is_named(tmp_path: Path, name: str) -> None:
    forest = fitted(np.random.default_rng(6).normal(size=(200, 3)), trees=2)
    delattr(forest, name)

    with pytest.raises(TrainingError, match=rf"does not store {name} .* install scikit-learn"):
        write_forest(forest, tmp_path / "forest", written_at_ms=12)

    assert not (tmp_path / "forest").exists()


def test_a_tree_that_stores_something_else_is_named(tmp_path: Path) -> None:
    forest = fitted(np.random.default_rng(6).normal(size=(200, 3)), trees=2)
    del forest.estimators_[0].tree_

    with pytest.raises(TrainingError, match=r"does not store tree_\.children_left, .* install scikit-learn"):
        write_forest(forest, tmp_path / "forest", written_at_ms=12)
