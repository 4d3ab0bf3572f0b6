"""Callers who send payments at a steady rate, whether or not those before were answered, and note what each got."""

import asyncio
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import httpx2

NO_ANSWER: Final = 0
"""In place of an HTTP status where the line broke."""


@dataclass(frozen=True, slots=True)
class SteadyCallResult:
    """What became of one call."""

    sent: dict[str, Any]
    status: int
    answer: dict[str, Any]


class SteadyCallers:
    """Makes the calls from a thread of its own; the block ends when each has an answer or none will come."""

    def __init__(
        self, address: str, payments: Sequence[dict[str, Any]], *, rate: float, deadline_ms: float = 10_000
    ) -> None:
        self._address = address
        self._payments = payments
        self._interval_seconds = 1 / rate
        self._headers = {"Vigie-Deadline-Ms": f"{deadline_ms:.0f}"}
        self._thread = threading.Thread(target=lambda: asyncio.run(self._call_all()), daemon=True)
        self.results: list[SteadyCallResult] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()

    @property
    def statuses(self) -> Counter[int]:
        """How many calls got each HTTP status."""
        return Counter(result.status for result in self.results)

    async def _call_all(self) -> None:
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=200)
        async with httpx2.AsyncClient(trust_env=False, timeout=30, limits=limits) as client:
            begun, calls = asyncio.get_running_loop().time(), []
            for number, sent in enumerate(self._payments):
                due = begun + number * self._interval_seconds
                await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
                calls.append(asyncio.create_task(self._call(client, sent)))
            await asyncio.gather(*calls)

    async def _call(self, client: httpx2.AsyncClient, sent: dict[str, Any]) -> None:
        try:
            answer = await client.post(f"{self._address}/v1/transactions", json=sent, headers=self._headers)
            result = SteadyCallResult(sent, answer.status_code, answer.json())
        except httpx2.TransportError:
            result = SteadyCallResult(sent, NO_ANSWER, {})
        self.results.append(result)
