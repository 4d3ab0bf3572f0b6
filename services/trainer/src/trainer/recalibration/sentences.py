"""Why a threshold moved or stayed, for a person who reads MLflow's pages."""

from trainer.recalibration.policy import Mode, SegmentState, SliceResult
from vigie_schemas import ThresholdCause

_BECAUSE: dict[ThresholdCause, str] = {
    "over_budget": "more transactions alert than the budget allows",
    "under_budget": "fewer transactions alert than the budget allows",
    "behaviour_shift": "ordinary transactions have moved, and the threshold follows them",
}


def change_sentence(cause: ThresholdCause, state: SegmentState, served: float, share: float) -> str:
    """One sentence for a threshold that moved away from the one served."""
    way = "raised" if state.threshold > served else "lowered"
    return (
        f"{_BECAUSE[cause].capitalize()}: {share:.2%} of the last {state.recent.rows} would alert where "
        f"{state.alert_budget:.2%} are meant to; threshold {way} from {served:.4f} to {state.threshold:.4f}."
    )


def mode_sentence(mode: Mode, result: SliceResult, before: SegmentState) -> str:
    """One sentence for a segment that froze, began to follow, or is calm again."""
    if mode == "frozen":
        return (
            f"Frozen: alerts surge ({result.slice_share:.2%}, far more than chance makes of the budget of "
            f"{before.alert_budget:.2%}) while ordinary transactions have not moved."
        )
    if mode == "following":
        return f"Following: ordinary transactions have moved; {result.slice_share:.2%} of the newest alerted."
    ended = "the surge is over" if before.mode == "frozen" else "the threshold has caught up with the shift"
    return f"Calm: {ended}; {result.slice_share:.2%} of the newest alert."
