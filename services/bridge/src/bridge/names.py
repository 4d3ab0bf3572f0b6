"""Names for transactions that their source gives none: from where the record stands, so that a repeat has the same."""

import hashlib
from typing import Final

from bridge.conversion import SourceRecord
from vigie_schemas.account_numbers import in_letters

DIGEST_CHARACTERS: Final = 16


class PlaceNames:
    """`bhkcdnaolfemgjpi.p2o1045`: the topic, digested with its id to letters, then partition and offset.

    A topic that is deleted and made again starts at offset 0 with other records; its id keeps their names apart. No two
    groups of digits stand next to each other: sooner or later they would pass for a card number.
    """

    def __init__(self, topic: str, topic_id: str) -> None:
        digest = hashlib.sha256(f"{topic} {topic_id}".encode()).hexdigest()
        self._topic = in_letters(digest[:DIGEST_CHARACTERS])

    def of(self, record: SourceRecord) -> str:
        """The record's name."""
        return f"{self._topic}.p{record.partition()}o{record.offset()}"
