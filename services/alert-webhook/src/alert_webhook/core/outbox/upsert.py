"""Insert or replace, in the words of either database."""

from collections.abc import Mapping

from sqlalchemy import Connection, Table
from sqlalchemy.dialects.postgresql import Insert as InsertPostgresql
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import Insert as InsertSqlite
from sqlalchemy.dialects.sqlite import insert as insert_sqlite


def insert_into(connection: Connection, table: Table) -> InsertSqlite | InsertPostgresql:
    """An insert that can say what to do about a row that is there already."""
    return (insert_sqlite if connection.dialect.name == "sqlite" else insert_postgresql)(table)


def upsert(
    connection: Connection, table: Table, key: Mapping[str, object], fields: Mapping[str, object]
) -> InsertSqlite | InsertPostgresql:
    """Insert the row, or change the one of that key."""
    statement = insert_into(connection, table).values(**key, **fields)
    return statement.on_conflict_do_update(index_elements=list(key), set_=dict(fields))
