"""Which tests share a process where several run side by side (`make test-fast`)."""

import pytest

SPARK = "spark"


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of a file stay together, and those of the spark floor, whose compiled queries serve one another.

    The spark floor takes longest, so it is begun first.
    """
    for item in items:
        in_spark = item.get_closest_marker("spark") is not None
        item.add_marker(pytest.mark.xdist_group(SPARK if in_spark else item.path.as_posix()))
    items.sort(key=lambda item: item.get_closest_marker("spark") is None)
