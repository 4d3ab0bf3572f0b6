"""`python -m generator`."""

from generator.cli import app
from vigie_runtime import run_entry_point

if __name__ == "__main__":
    run_entry_point(app)
