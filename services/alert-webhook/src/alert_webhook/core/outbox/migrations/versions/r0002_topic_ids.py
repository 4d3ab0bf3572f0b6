"""Positions name the topic they are of: after it was deleted and created again, an offset is one of another topic."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0002"
down_revision: Final = "0001"


def upgrade() -> None:
    """Which topic the kept positions are of is not known."""
    op.add_column("positions", sa.Column("topic_id", sa.Text, nullable=False, server_default=sa.text("''")))
