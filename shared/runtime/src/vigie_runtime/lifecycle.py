"""Start and stop: a signal only sets a flag, a second one ends the process at once."""

import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

from vigie_runtime.errors import VigieError


def stop_event() -> threading.Event:
    """Event set by the first SIGINT or SIGTERM; the second signal gets its default, deadly meaning back."""
    stop = threading.Event()

    def request_stop(number: int, frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, request_stop)
    return stop


def run_entry_point(main: Callable[[], None]) -> None:
    """Run a service's main; an error of ours becomes one sentence and exit code 1."""
    try:
        main()
    except VigieError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
