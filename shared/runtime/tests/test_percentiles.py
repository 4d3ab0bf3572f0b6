"""One definition of a percentile: the value at the next whole rank."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vigie_runtime.percentiles import percentile_rank, value_at_percentile, values_at_percentiles

PERCENTILES = st.sampled_from([0.1, 1.0, 7.0, 25.0, 50.0, 90.0, 95.0, 99.0, 99.9, 99.99, 100.0])
COUNTS = st.dictionaries(st.integers(0, 10**9), st.integers(1, 400), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("percentile", "count", "rank"),
    [
        (99.0, 180, 179),  # 178.2: the next whole rank, not the nearest
        (99.0, 100, 99),
        (99.0, 101, 100),
        (50.0, 3, 2),
        (99.9, 1000, 999),  # 99.9 / 100 * 1000 is 999.0000000000001 in floating point
        (99.9, 4000, 3996),
        (7.0, 100, 7),
        (0.0, 10, 1),
        (100.0, 10, 10),
        (99.9, 1, 1),
    ],
)
def test_a_rank_is_the_next_whole_one(percentile: float, count: int, rank: int) -> None:
    assert percentile_rank(percentile, count) == rank


@given(COUNTS, PERCENTILES)
def test_a_percentile_is_numpys_inverted_cdf(counts: dict[int, int], percentile: float) -> None:
    ascending = sorted(counts.items())
    values = np.repeat([value for value, _ in ascending], [count for _, count in ascending])
    is_whole = round(percentile * 100) * len(values) % 10_000 == 0
    assume(not is_whole)  # there numpy's floating point may take the rank after it: 99.9 of 1000 values

    expected = np.percentile(values, percentile, method="inverted_cdf")

    assert values_at_percentiles(ascending, [percentile]) == [expected]
    assert value_at_percentile(values.tolist(), percentile) == expected


@given(COUNTS, PERCENTILES)
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(
    counts: dict[int, int], percentile: float
) -> None:
    total = sum(counts.values())
    (found,) = values_at_percentiles(sorted(counts.items()), [percentile])

    def hundredths(values: list[int]) -> int:
        return 10_000 * sum(counts[value] for value in values)

    needed = round(percentile * 100) * total
    assert hundredths([value for value in counts if value <= found]) >= needed
    assert hundredths([value for value in counts if value < found]) < needed


def test_percentiles_come_in_the_order_asked_for() -> None:
    assert values_at_percentiles([(1, 50), (2, 49), (3, 1)], [99.9, 50.0, 99.0]) == [3, 1, 2]


def test_values_without_a_count_are_no_values() -> None:
    assert values_at_percentiles([(1, 0), (2, 3), (3, 0)], [0.0, 100.0]) == [2, 2]


def test_of_nothing_there_is_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        values_at_percentiles([], [50.0])
    with pytest.raises(ValueError, match="no values"):
        value_at_percentile([], 50.0)


@pytest.mark.parametrize("percentile", [-0.1, 100.1, math.nan, math.inf])
def test_a_percentile_lies_between_0_and_100(percentile: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 100"):
        percentile_rank(percentile, 10)
