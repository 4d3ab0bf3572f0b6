"""Numbers on a command line, refused in one sentence where no run can come of them."""

import argparse
import math
from collections.abc import Callable


def at_least(lowest: int) -> Callable[[str], int]:
    """A type for argparse: a whole number that is no less."""

    def parsed(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = lowest - 1
        if number < lowest:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {lowest} on")
        return number

    return parsed


def positive(text: str) -> float:
    """A type for argparse: a number above zero."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return number
