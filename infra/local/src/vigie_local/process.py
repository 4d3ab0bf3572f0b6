"""A child process with a log file, a readiness check and a clean end."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from vigie_runtime import UnavailableError

PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2); the parent is the thread that starts the process


class ManagedProcess:
    """Started in a session of its own, so that Ctrl-C reaches only the one who stops things in order."""

    def __init__(
        self, name: str, command: Sequence[str], *, log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.log = log
        self._command = list(command)
        # Where compiled modules may not be kept, each of seven processes compiles them again: half a minute of work
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        self._environment = {**inherited, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process; its output goes to the log file."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )

    @property
    def pid(self) -> int | None:
        """Process id once started."""
        return self._process.pid if self._process else None

    @property
    def exit_code(self) -> int | None:
        """None while it runs or before it was started."""
        return self._process.poll() if self._process else None

    def wait_ready(self, is_ready: Callable[[], bool], *, seconds: float) -> None:
        """Poll until ready; raise UnavailableError with the end of the log when it ends or takes too long."""
        deadline = time.monotonic() + seconds
        while not is_ready():
            if self.exit_code is not None:
                raise UnavailableError(f"{self.name} ended with exit code {self.exit_code}.\n{self.log_end()}")
            if time.monotonic() > deadline:
                raise UnavailableError(f"{self.name} was not ready after {seconds:.0f} s.\n{self.log_end()}")
            time.sleep(0.05)

    def stop(self, *, grace_seconds: float = 20) -> None:
        """Ask the process to end, then make it; nothing of its session stays behind."""
        process = self._process
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(grace_seconds)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def log_end(self, lines: int = 15) -> str:
        """The last lines it wrote, for error messages."""
        if not self.log.exists():
            return ""
        text = self.log.read_text(errors="replace").splitlines()[-lines:]
        return f"The end of {self.log}:\n" + "\n".join(f"  {line}" for line in text)


def _end_with_parent() -> None:
    """Have the kernel end this child should its parent be killed without a chance to clean up."""
    ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGTERM)
