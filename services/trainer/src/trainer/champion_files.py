"""What the detector serves of a training, as files: trees as data and numbers as JSON, nothing that is executed."""

from pathlib import Path

from trainer.boosted_layout import write_second_stage
from trainer.forest_layout import write_forest
from trainer.trained import Trained

FOREST_FOLDER = "forest"
SECOND_STAGE_FOLDER = "second_stage"
CALIBRATION_FILE = "calibration.json"


def write_champion(trained: Trained, folder: Path, *, written_at_ms: int) -> None:
    """Write forest, second stage where there is one, and calibration into a folder that has none of them.

    Raises TrainingError where this scikit-learn stores its trees in another way than the writers know.
    """
    write_forest(trained.forest, folder / FOREST_FOLDER, written_at_ms=written_at_ms)
    if trained.second_stage is not None:
        write_second_stage(trained.second_stage.model, folder / SECOND_STAGE_FOLDER, written_at_ms=written_at_ms)
    text = trained.calibration().model_dump_json(indent=2)
    (folder / CALIBRATION_FILE).write_text(text, encoding="utf-8")
