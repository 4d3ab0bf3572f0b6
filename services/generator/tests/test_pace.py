import numpy as np
import pytest

from generator.pace import MAX_DEBT_SECONDS, Arrivals, FilePace


def test_arrivals_come_at_the_rate_with_exponential_gaps():
    arrivals = Arrivals(50, np.random.default_rng(1), clock=lambda: 0.0)

    gaps = np.diff([arrivals.next_due() for _ in range(5000)])

    assert gaps.mean() == pytest.approx(1 / 50, rel=0.05)
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.1)


def test_after_a_halt_only_a_second_is_caught_up():
    now = [0.0]
    arrivals = Arrivals(50, np.random.default_rng(1), clock=lambda: now[0])
    now[0] = 60.0

    assert 60 - MAX_DEBT_SECONDS <= arrivals.next_due() < 60


@pytest.mark.parametrize(("speed", "due"), [(1, 110.0), (10, 101.0), (None, 100.0)])
def test_a_file_goes_at_its_own_pace_or_so_many_times_faster(speed, due):
    pace = FilePace(speed, clock=lambda: 100.0)
    pace.due(1_000_000)

    assert pace.due(1_010_000) == due


def test_a_row_earlier_than_the_first_is_due_at_once():
    pace = FilePace(1, clock=lambda: 100.0)
    pace.due(1_000_000)

    assert pace.due(900_000) < 100
