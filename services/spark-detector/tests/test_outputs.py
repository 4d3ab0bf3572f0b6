from pathlib import Path

import pytest

from spark_detector.outputs import KeptOutputs, place_of_dead_letter, read_kept, write_kept
from spark_detector.written import WrittenState
from vigie_schemas import DeadLetter, RejectReason


@pytest.mark.parametrize(("topic", "place"), [("transactions", (1, 7)), ("payments", None), ("x.transactions", None)])
def test_a_dead_letter_of_the_bridge_is_no_outcome_of_a_transaction(topic: str, place: tuple[int, int] | None) -> None:
    letter = DeadLetter(
        schema_version=1,
        reason=RejectReason.INVALID_AMOUNT,
        field="amount",
        topic=topic,
        partition=1,
        offset=7,
        received_at_ms=5,
        payload_bytes=3,
        payload_base64=None,
        truncated=False,
    )

    assert place_of_dead_letter(letter.model_dump_json().encode(), "transactions") == place


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    kept = KeptOutputs(
        topic_id="one",
        positions={"transactions.scored": {0: 7, 1: 9}},
        written=WrittenState(next_offsets={0: 3}, ahead={0: [5]}, awaited_alerts={"alert:t": (0, 4)}),
    )

    write_kept(tmp_path / "detector" / "outputs.json", kept)

    assert read_kept(tmp_path / "detector" / "outputs.json") == kept


def test_before_the_first_checkpoint_nothing_is_kept(tmp_path: Path) -> None:
    assert read_kept(tmp_path / "outputs.json") is None


@pytest.mark.parametrize("content", [b"", b"{", b'{"topic_id": 1}', b"\xff\xfe"])
def test_a_damaged_file_does_not_keep_the_detector_from_starting(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "outputs.json"
    path.write_bytes(content)

    assert read_kept(path) is None
