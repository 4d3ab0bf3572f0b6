"""Who may log in: users from the environment, kept in the registry's own database."""

import configparser

from mlflow_server.settings import MlflowServerSettings

ADMIN = "admin"


def write_access_file(settings: MlflowServerSettings) -> None:
    """MLflow's file on access; it holds the database's address, so only the service's user may read it."""
    parser = configparser.RawConfigParser()
    # MLflow reads the file with interpolation, in which % begins a reference
    address = settings.backend_store.replace("%", "%%")
    parser["mlflow"] = {"default_permission": "READ", "database_uri": address, "admin_username": ADMIN}
    file = settings.folder / "access.ini"
    file.touch(mode=0o600)
    with file.open("w") as opened:
        parser.write(opened)


def put_users(settings: MlflowServerSettings) -> list[str]:
    """Migrate the users' tables, create missing ones, change passwords that changed; return the names.

    A user who is no longer named stays, because MLflow's page can create users too, and is deleted there.
    """
    from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore

    if settings.mlflow_admin_password is None:
        return []
    store = SqlAlchemyStore()
    store.init_db(settings.backend_store)
    try:
        wanted = {ADMIN: settings.mlflow_admin_password.get_secret_value(), **settings.passwords}
        for name, password in wanted.items():
            if not store.has_user(name):
                store.create_user(name, password, is_admin=name == ADMIN)
            elif not store.authenticate_user(name, password):
                store.update_user(name, password=password)
    finally:
        store.engine.dispose()
    return list(wanted)
