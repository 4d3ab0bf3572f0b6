"""From the answers of a load to figures."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from vigie_loadtests.gateway.answers import BASES, CallAnswers
from vigie_loadtests.gateway.recorded import RecordedCalls
from vigie_loadtests.latency.machine import Machine
from vigie_loadtests.latency.readings import Integers, Readings
from vigie_loadtests.latency.usage import Usage
from vigie_runtime import UnavailableError
from vigie_runtime.percentiles import value_at_percentile
from vigie_schemas.verdict import VERDICTS_BY_STRICTNESS

FALLBACK: Final = "fallback"


@dataclass(frozen=True)
class GatewayPlan:
    """What was asked for."""

    rate: int
    """Calls a second."""
    topic_rate: int
    """Transactions a second that are written to the topic beside them."""
    duration: int
    warm_up: int


@dataclass(frozen=True)
class Percentiles:
    """Of latencies, in ms."""

    p50: float
    p95: float
    p99: float
    p999: float
    max: float

    @classmethod
    def of(cls, values: npt.NDArray[np.float64]) -> Self:
        """Those of values with a row for each call; raises ValueError where there is none."""
        ascending = np.sort(values)
        shares = (50.0, 95.0, 99.0, 99.9, 100.0)
        return cls(*(round(float(value_at_percentile(ascending, share)), 2) for share in shares))


@dataclass(frozen=True)
class GatewayLoadReport:
    """The figures of one run. Latencies count from the moment a call or a transaction was due."""

    plan: GatewayPlan
    machine: Machine
    rate: float
    seconds: float
    calls: int
    """Of the measured time, as all figures but `recorded`."""
    answers: int
    """Calls with status 200, of which the figures below are."""
    statuses: dict[str, int]
    foreign: int
    """Answers that do not name the call's own transaction."""
    repeated: int
    """Calls that were answered more than once."""
    gateway: Percentiles
    """Until the answer was there."""
    topic: Percentiles
    """Until the scored record was read, of what was written to the topic beside."""
    spent: Percentiles
    """By the gateway's own clock."""
    made_late: Percentiles
    """From the moment a call was due until the client made it."""
    bases: dict[str, int]
    verdicts: dict[str, int]
    topic_sent: int
    topic_scored: int
    answered_in_all: int
    """With the warm-up, to compare with `recorded`."""
    recorded: RecordedCalls
    cpu_ms_per_1000: dict[str, float]
    """Processor milliseconds for 1,000 calls, by part."""
    memory_mib: dict[str, float]
    client_cores: float
    """Processors that the calls and the topic's part kept busy, start and end included."""

    @property
    def fallback_share(self) -> float:
        """Of the answers."""
        return self.bases[FALLBACK] / self.answers if self.answers else 0.0

    @property
    def added_p50_ms(self) -> float:
        """What the gateway adds to the path by the topic alone, in this run."""
        return round(self.gateway.p50 - self.topic.p50, 2)

    def as_json(self) -> dict[str, Any]:
        """Everything."""
        return asdict(self) | {"fallback_share": self.fallback_share, "added_p50_ms": self.added_p50_ms}


def summarise_gateway(
    plan: GatewayPlan,
    machine: Machine,
    answers: CallAnswers,
    readings: Readings,
    recorded: RecordedCalls,
    usage: Mapping[str, Usage],
    client_cores: float,
) -> GatewayLoadReport:
    """Figures over the time after the warm-up, `recorded` over everything; raise UnavailableError if there are none."""
    start_us = gateway_measured_from_us(answers, plan.warm_up)
    measured, once = answers.since(start_us), readings.first()
    answered, through_topic = measured.answered(), once.since(start_us)
    statuses = _statuses(measured)
    if not len(answered.numbers) or not len(through_topic.numbers):
        raise UnavailableError(
            f"There is nothing to measure: answers by status {statuses}, {len(through_topic.numbers)} scores of what "
            "was written to the topic. The logs of gateway and detector say more."
        )
    thousands = len(measured.numbers) / 1000
    seconds = float(measured.due_us.max() - start_us) / 1e6
    return GatewayLoadReport(
        plan=plan,
        machine=machine,
        rate=round(len(measured.numbers) / seconds, 1),
        seconds=round(seconds, 1),
        calls=len(measured.numbers),
        answers=len(answered.numbers),
        statuses=statuses,
        foreign=int(np.sum(answered.is_own == 0)),
        repeated=len(measured.numbers) - len(np.unique(measured.numbers)),
        gateway=Percentiles.of(answered.latencies_ms),
        topic=Percentiles.of(through_topic.latencies_ms),
        spent=Percentiles.of(answered.spent_us / 1000),
        made_late=Percentiles.of((measured.sent_us - measured.due_us) / 1000),
        bases=_named(answered.bases, BASES),
        verdicts=_named(answered.verdicts, VERDICTS_BY_STRICTNESS),
        topic_sent=readings.sent,
        topic_scored=len(once.numbers),
        answered_in_all=len(answers.answered().numbers),
        recorded=recorded,
        cpu_ms_per_1000={name: round(used.cpu_seconds * 1000 / thousands, 1) for name, used in usage.items()},
        memory_mib={name: round(used.highest_mib, 1) for name, used in usage.items()},
        client_cores=round(client_cores, 2),
    )


def gateway_measured_from_us(answers: CallAnswers, warm_up_seconds: float) -> int:
    """Where the warm-up ends."""
    return int(answers.due_us.min()) + int(warm_up_seconds * 1e6)


def _statuses(answers: CallAnswers) -> dict[str, int]:
    """How often each HTTP status came; 0: the connection failed."""
    found, counts = np.unique(answers.statuses, return_counts=True)
    return {str(status): int(count) for status, count in zip(found, counts, strict=True)}


def _named(codes: Integers, names: tuple[str, ...]) -> dict[str, int]:
    """How often each name occurs among places in `names`; what is none of them is left out."""
    return {name: int(np.sum(codes == place)) for place, name in enumerate(names)}
