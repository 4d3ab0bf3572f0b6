import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.anchors import ALARMING, MAX_PART, MAX_RAISED, with_anchors
from trainer.forest import fit_forest, unusualness
from trainer.settings import TrainerSettings
from vigie_schemas import FEATURE_NAMES

WIDTH = len(FEATURE_NAMES)


@given(rows=st.integers(5, 400), share=st.floats(0, 1), seed=st.integers(0, 2**32 - 1))
def test_anchors_only_raise_few_features_and_never_beyond_reason(rows: int, share: float, seed: int) -> None:
    matrix = np.zeros((rows, WIDTH))

    anchored = with_anchors(matrix, share, seed)

    anchors = anchored[rows:]
    assert (anchored[:rows] == matrix).all()
    assert len(anchors) == round(rows * share)
    raised = (anchors > 0).sum(axis=1)
    assert ((raised >= 1) & (raised <= MAX_RAISED)).all()
    assert (anchors <= MAX_PART * ALARMING).all()


def test_what_is_higher_already_stays() -> None:
    matrix = np.full((50, WIDTH), 1_000.0)

    assert (with_anchors(matrix, 1.0, 7) == 1_000.0).all()


def test_the_same_seed_gives_the_same_anchors() -> None:
    matrix = np.random.default_rng(1).random((100, WIDTH))

    assert (with_anchors(matrix, 0.5, 3) == with_anchors(matrix, 0.5, 3)).all()
    assert (with_anchors(matrix, 0.5, 3) != with_anchors(matrix, 0.5, 4)).any()


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_chance_in_one_feature_no_longer_outranks_an_alarm_in_another(seed: int) -> None:
    """Noise that never comes near its alarming level against a real excess that was not in the training rows."""
    random = np.random.default_rng(seed)
    noisy, quiet = FEATURE_NAMES.index("tempo_24h"), FEATURE_NAMES.index("amount_over_usual")
    matrix = np.zeros((4_000, WIDTH))
    matrix[:, noisy] = random.exponential(0.3, 4_000)
    matrix[:, quiet] = np.maximum(random.normal(0, 0.3, 4_000), 0)
    peak, alarm = matrix[:1] * 0, matrix[:1] * 0
    peak[0, noisy] = matrix[:, noisy].max()
    alarm[0, quiet] = 2.5

    def lead(share: float) -> float:
        settings = TrainerSettings(forest_anchor_share=share, forest_seed=seed, forest_jobs=1)
        forest = fit_forest(matrix, settings)
        return float((unusualness(forest, alarm) - unusualness(forest, peak))[0])

    assert lead(0.2) > 0.02
    assert lead(0.2) > lead(0.0)
