"""A training's result for a person at a terminal."""

from trainer.trained import TrainingResult


def table(result: TrainingResult) -> str:
    """Few aligned lines: what was trained, and where it is."""
    lines = [
        ("version", str(result.version)),
        ("serves", "as champion" if result.is_champion else "no: it watches as challenger first"),
        ("transactions", f"{result.rows} ({result.repeats} repeats, {result.left_out} left out)"),
    ]
    for segment, level in result.thresholds.items():
        share = result.alert_shares.get(segment)
        would = "no rows yet" if share is None else f"{share:.2%} of its rows would"
        lines.append((segment, f"alerts from score {level.threshold:.4f}, {would}"))
        if level.tied_share is not None:
            lines.append(("", f"{level.tied_share:.2%} would with those that share the score just below"))
    lines += [("model", result.address), ("page", result.page)]
    width = max(len(name) for name, _ in lines)
    return "\n".join(f"{name:<{width}}  {text}" for name, text in lines)
