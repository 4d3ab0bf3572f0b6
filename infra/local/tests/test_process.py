import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from vigie_local.process import ManagedProcess
from vigie_runtime import UnavailableError
from vigie_testing.waiting import wait_until

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


def python(folder: Path, code: str, **environment: str) -> ManagedProcess:
    return ManagedProcess("example", [sys.executable, "-c", code], log=folder / "example.log", environment=environment)


def is_running(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_output_goes_to_the_log_and_the_environment_arrives(tmp_path: Path) -> None:
    process = python(tmp_path, "import os; print(os.environ['COLOUR'])", COLOUR="green")

    process.start()
    wait_until(lambda: process.exit_code is not None, what="the process to end")
    process.stop()

    assert "green" in process.log_end()


def test_an_early_end_is_reported_with_the_end_of_the_log(tmp_path: Path) -> None:
    process = python(tmp_path, "print('no such database'); raise SystemExit(3)")
    process.start()

    with pytest.raises(UnavailableError, match=r"example ended with exit code 3\.\n(.*\n)*.*no such database"):
        process.wait_ready(lambda: False, seconds=20)


def test_never_ready_is_reported_with_the_time_waited(tmp_path: Path) -> None:
    process = python(tmp_path, "import time; time.sleep(60)")
    process.start()
    try:
        with pytest.raises(UnavailableError, match=r"not ready after 0 s"):
            process.wait_ready(lambda: False, seconds=0.2)
    finally:
        process.stop()


def test_a_process_that_ignores_the_request_is_ended(tmp_path: Path) -> None:
    process = python(tmp_path, STUBBORN)
    process.start()
    wait_until(lambda: "up" in process.log_end(), what="the process to run", seen=process.log_end)

    process.stop(grace_seconds=0.2)

    assert process.exit_code == -signal.SIGKILL


def test_stopping_twice_or_before_the_start_is_no_error(tmp_path: Path) -> None:
    process = python(tmp_path, "pass")
    process.stop()
    process.start()
    process.stop()
    process.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_children_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    code = f"""
import time
from pathlib import Path
from vigie_local.process import ManagedProcess
command = [{sys.executable!r}, "-c", "import time; time.sleep(60)"]
child = ManagedProcess("child", command, log=Path({str(tmp_path)!r}, "log"))
child.start()
Path({str(tmp_path)!r}, "pid.partial").write_text(str(child.pid))
Path({str(tmp_path)!r}, "pid.partial").rename(Path({str(tmp_path)!r}, "pid"))
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", code])
    wait_until((tmp_path / "pid").exists, what="the child's id")
    child = int((tmp_path / "pid").read_text())

    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()

    wait_until(lambda: not is_running(child), what="the child to end")
