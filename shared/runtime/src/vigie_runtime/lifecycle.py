"""Start and stop: a signal only sets a flag, a second one ends the process at once; and who gives way to whom."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Final

from vigie_runtime.errors import ConfigurationError, InputError, VigieError

FAILED: Final = 1
WRONG_USE: Final = 2
"""As argparse, typer and most commands do."""


def stop_event() -> threading.Event:
    """Event set by the first SIGINT or SIGTERM; the second signal gets its default, deadly meaning back."""
    stop = threading.Event()

    def request_stop(number: int, frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, request_stop)
    return stop


def run_entry_point(main: Callable[[], int | None]) -> None:
    """Run a command's main and end with the exit code it returns; an error of ours is one sentence on standard error.

    Exit code 2: what the caller gave (settings, arguments, files) cannot be used; 1: everything else that failed.
    """
    try:
        code = main()
    except VigieError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(WRONG_USE if isinstance(error, (ConfigurationError, InputError)) else FAILED)
    if code is not None:
        sys.exit(code)


def yield_processor(niceness: int) -> None:
    """Run after whatever else wants the processor, as what has time should.

    Linux may group processes by session, and then weighs the groups: a service, which leads its own, lowers that too.
    """
    os.nice(niceness)
    if os.getsid(0) == os.getpid():
        with suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(niceness))
