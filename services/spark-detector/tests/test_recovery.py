from dataclasses import replace

import pytest

from spark_detector.recovery import Recovery, recover
from vigie_runtime.offsets import OffsetRange

ON_TIME = Recovery({0: 80, 1: 40}, {0: 60, 1: 30}, missing=0, forgotten=0, is_recreated=False)


def recovered(*, held: dict[int, tuple[int, int]], is_same_topic: bool = True) -> Recovery:
    offsets = {number: OffsetRange(*both) for number, both in held.items()}
    return recover(offsets, {0: 60, 1: 30}, {0: 80, 1: 40}, is_same_topic=is_same_topic)


def test_it_goes_on_after_what_was_written_with_the_histories_of_the_checkpoint() -> None:
    assert recovered(held={0: (0, 100), 1: (20, 45)}) == ON_TIME


def test_a_partition_that_was_added_begins_at_its_beginning() -> None:
    found = recovered(held={0: (0, 100), 1: (0, 45), 2: (7, 9)})

    assert found == replace(ON_TIME, begin={**ON_TIME.begin, 2: 7}, histories_from={**ON_TIME.histories_from, 2: 7})


def test_what_retention_took_before_it_was_scored_is_counted() -> None:
    found = recovered(held={0: (95, 100), 1: (0, 45)})

    assert (found.begin[0], found.histories_from[0], found.missing, found.forgotten) == (95, 95, 15, 20)


def test_what_retention_took_after_it_was_scored_is_missing_in_histories_only() -> None:
    found = recovered(held={0: (70, 100), 1: (0, 45)})

    assert (found.begin[0], found.histories_from[0], found.missing, found.forgotten) == (80, 70, 0, 10)


@pytest.mark.parametrize(
    ("held", "is_same_topic"),
    [({0: (0, 500), 1: (0, 500)}, False), ({0: (0, 79), 1: (0, 500)}, True), ({0: (0, 500), 1: (0, 5)}, True)],
    ids=["another id, grown past the old offsets", "shorter than what was written", "shorter than the checkpoint"],
)
def test_a_topic_that_was_recreated_is_read_from_its_beginning(
    held: dict[int, tuple[int, int]], is_same_topic: bool
) -> None:
    assert recovered(held=held, is_same_topic=is_same_topic) == Recovery({0: 0, 1: 0}, {0: 0, 1: 0}, 0, 0, True)


def test_the_first_start_begins_where_the_topic_does() -> None:
    found = recover({0: OffsetRange(4, 9)}, {}, {}, is_same_topic=True)

    assert found == Recovery({0: 4}, {0: 4}, 0, 0, False)
