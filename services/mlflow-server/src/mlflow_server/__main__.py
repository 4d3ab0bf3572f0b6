"""`python -m mlflow_server` becomes the MLflow server: the same process, so signals reach it. See --help."""

import argparse
import os
import sys

from mlflow_server.command import server_command, server_environment
from mlflow_server.settings import MlflowServerSettings
from mlflow_server.start import mark_prepared, must_prepare, require_free_port
from vigie_runtime import configure_logs, get_logger, load_settings, run_entry_point


def main() -> None:
    """Do what the command line asks for; without a command, serve."""
    parser = argparse.ArgumentParser(prog="python -m mlflow_server", description="Vigie's MLflow server.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("serve", help="serve, after migrating (the default)")
    commands.add_parser("migrate", help="bring tables, users and webhook up to date, then end: before a deploy")
    for name, what in (("backup", "write runs, models, users and artifacts to"), ("restore", "fill an empty one from")):
        commands.add_parser(name, help=f"{what} FILE").add_argument("file", help="a .tar.gz; - for standard streams")
    arguments = parser.parse_args()
    settings = load_settings(MlflowServerSettings)
    configure_logs(settings, "mlflow-server")
    if arguments.command == "migrate":
        _prepare(settings)
    elif arguments.command in ("backup", "restore"):
        from mlflow_server import backup

        getattr(backup, arguments.command)(settings, arguments.file)
    else:
        serve(settings)


def serve(settings: MlflowServerSettings) -> None:
    """Prepare where needed and hand the process over to MLflow."""
    require_free_port(settings.mlflow_host, settings.mlflow_port)
    settings.folder.mkdir(parents=True, exist_ok=True)
    environment = server_environment(settings, os.environ)
    if must_prepare(settings):
        _prepare(settings)
    else:
        mark_prepared(settings)
    get_logger(__name__).info("mlflow starting", host=settings.mlflow_host, port=settings.mlflow_port)
    command = server_command(settings, sys.executable)
    os.execve(command[0], command, environment)  # noqa: S606  no shell is the point


def _prepare(settings: MlflowServerSettings) -> None:
    from mlflow_server.migration import prepare  # imports SQLAlchemy and MLflow, which takes seconds

    prepare(settings)


if __name__ == "__main__":
    run_entry_point(main)
