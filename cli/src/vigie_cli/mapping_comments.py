"""What stands as comments in a mapping that was proposed: why, and what is ambiguous."""

from vigie_intake.inspection import Inspection


def comments_of(inspection: Inspection) -> dict[str, str]:
    """Comment by field, and by the empty name what stands at the beginning."""
    proposal = inspection.proposal
    if proposal is None:
        return {}
    comments: dict[str, list[str]] = {
        "": [f"Proposed by vigie inspect from {inspection.name} ({inspection.sample.read})."]
    }
    if proposal.why:
        comments[""].append(f"Taken for {proposal.profile}: {proposal.why}.")
    comments[""] += [f"Note: {note}" for note in proposal.notes]
    for choice in proposal.choices:
        others = f" Or: {', '.join(choice.alternatives)}." if choice.alternatives else ""
        comments.setdefault(choice.field, []).append(
            f"{choice.origin}: {choice.reason} ({choice.sureness.value}).{others}"
        )
    for question in proposal.questions:
        answers = ", ".join(answer.word for answer in question.answers)
        comments.setdefault(question.field, []).append(
            f"Ambiguous: {question.text} Taken: {question.taken} ({question.reason}). Answers: {answers}."
        )
    return {field: "\n".join(lines) for field, lines in comments.items()}
