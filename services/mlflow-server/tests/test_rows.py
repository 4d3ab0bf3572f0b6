from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    select,
)

from mlflow_server.rows import read_rows, write_rows

TABLE = Table(
    "example",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("text", String),
    Column("number", Float),
    Column("flag", Boolean),
    Column("blob", LargeBinary),
    Column("moment", DateTime),
)
ROW = st.fixed_dictionaries(
    {
        "text": st.none() | st.text(max_size=20),
        "number": st.none() | st.floats(allow_nan=False),
        "flag": st.none() | st.booleans(),
        "blob": st.none() | st.binary(max_size=50),
        "moment": st.none() | st.datetimes(min_value=datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)),
    }
)


@given(rows=st.lists(ROW, max_size=5))
def test_rows_come_back_as_they_went(rows: list[dict[str, object]], tmp_path_factory) -> None:
    file: Path = tmp_path_factory.mktemp("rows") / "example.jsonl"
    engine = create_engine("sqlite://")
    numbered = [{"id": number, **row} for number, row in enumerate(rows)]
    with engine.begin() as connection:
        TABLE.create(connection)
        if numbered:
            connection.execute(TABLE.insert(), numbered)

        count = write_rows(connection.execute(select(TABLE)), file)
    engine.dispose()

    assert count == len(rows)
    assert [row for chunk in read_rows(file, TABLE) for row in chunk] == numbered
