"""`[[verdicts]]`: what an alert gets by its severity and amount."""

from gateway.policy.policy import SeverityVerdict
from gateway.policy.reading.kinds import EUR_FROM_ZERO, SEVERITY, VERDICT
from gateway.policy.reading.tables import PolicyTable


def read_verdicts(root: PolicyTable) -> tuple[SeverityVerdict, ...]:
    """The entries in their order; without one every alert would be allowed, which is a fault."""
    found: list[tuple[PolicyTable, SeverityVerdict]] = []
    for table in root.tables("verdicts"):
        severities = table.needed("severity", SEVERITY)
        amount_from = table.optional("amount_from", EUR_FROM_ZERO)
        verdict = table.needed("verdict", VERDICT)
        table.close()
        if severities is not None and verdict is not None:
            found.append((table, SeverityVerdict(severities, verdict, amount_from or 0.0)))
    if "verdicts" not in root:
        root.problem("verdicts", "is missing: without [[verdicts]] every alert would be allowed")
    _refuse_unreachable(found)
    return tuple(entry for _, entry in found)


def _refuse_unreachable(found: list[tuple[PolicyTable, SeverityVerdict]]) -> None:
    """The first that fits decides, so an entry after one that takes all of its alerts is an order not meant."""
    taken_from: dict[str, float] = {}
    for table, entry in found:
        if all(taken_from.get(severity, float("inf")) <= entry.amount_from for severity in entry.severities):
            table.problems.add(table.path, "never decides: entries above take all of its alerts, so move it up")
        for severity in entry.severities:
            taken_from[severity] = min(taken_from.get(severity, float("inf")), entry.amount_from)
