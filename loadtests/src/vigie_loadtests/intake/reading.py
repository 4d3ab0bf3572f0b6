"""One reading in a process of its own: today's reader, or those of an earlier commit by that commit's interpreter."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vigie_runtime import UnavailableError

NOW: Final = """
import sys, time, json
from pathlib import Path
from vigie_intake.fields.tally import IntakeTally
from vigie_intake.preparing import prepare
from vigie_runtime.pseudonyms import Pseudonyms
from vigie_schemas import EUR_PER_UNIT
KEY = Pseudonyms("a-key-of-this-bench-only-0123456789")
def read(path):
    batches = prepare(Path(path)).batches(lambda: KEY, EUR_PER_UNIT, IntakeTally())
    return sum(batch.num_rows for batch in batches)
"""
NOW_FOR_REPLAY: Final = """
import sys, time, json
from pathlib import Path
from generator.transaction_file import TransactionFile
from vigie_intake.fields.tally import IntakeTally
from vigie_intake.preparing import prepare
from vigie_runtime.pseudonyms import Pseudonyms
KEY = Pseudonyms("a-key-of-this-bench-only-0123456789")
def read(path):
    return sum(row.transaction is not None for row in TransactionFile(prepare(Path(path))).rows(KEY, IntakeTally()))
"""
NOW_FOR_BACKTEST: Final = """
import sys, time, json
from pathlib import Path
from vigie_backtest.options import Options
from vigie_backtest.reading import open_file, read_transactions
from vigie_runtime.pseudonyms import Pseudonyms
KEY = Pseudonyms("a-key-of-this-bench-only-0123456789")
def read(path):
    return len(read_transactions(open_file(Options(data=Path(path), out=Path("."))), lambda: KEY).frame)
"""
BASE_BACKTEST: Final = """
import sys, time, json
from pathlib import Path
from vigie_backtest.checking import as_transactions
from vigie_backtest.reading import read_file
def read(path):
    return len(as_transactions(read_file(Path(path), {}, 100_000_000), "EUR").frame)
"""
BASE_REPLAY: Final = """
import sys, time, json
from pathlib import Path
from generator.transaction_file import TransactionFile
from vigie_runtime.pseudonyms import Pseudonyms
KEY = Pseudonyms("a-key-of-this-bench-only-0123456789")
def read(path):
    return sum(row.transaction is not None for row in TransactionFile(Path(path)).rows(KEY))
"""
_TIMED: Final = """
begun, used = time.perf_counter(), time.process_time()
rows = read(sys.argv[1])
print(json.dumps({"rows": rows, "seconds": time.perf_counter() - begun, "processor": time.process_time() - used}))
"""


@dataclass(frozen=True)
class TimedReading:
    """What one reading took, imports left out."""

    rows: int
    seconds: float
    processor: float


def read_once(program: str, file: Path, checkout: Path) -> TimedReading:
    """Read the file by a program of this module; raises UnavailableError where it fails."""
    python = checkout / ".venv/bin/python"
    done = subprocess.run(
        [str(python), "-c", program + _TIMED, str(file.absolute())],
        capture_output=True,
        text=True,
        check=False,
        cwd=checkout,
    )
    if done.returncode != 0:
        raise UnavailableError(f"{file.name} could not be read by {checkout.name}: {done.stderr.strip()[-500:]}")
    return TimedReading(**json.loads(done.stdout.splitlines()[-1]))


def inspect_seconds(file: Path) -> float:
    """Wall seconds of `vigie inspect` as a process; raises UnavailableError where it fails."""
    begun = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "vigie_cli", "inspect", str(file)], capture_output=True, check=False)
    if done.returncode != 0:
        raise UnavailableError(f"vigie inspect {file.name} failed with exit code {done.returncode}: run it by hand.")
    return time.perf_counter() - begun
