"""The condition of the lanes of a group: what readiness, the watchdog and ``/v1/stream`` show of them."""

from collections.abc import Hashable

from mandegar.database.pool import answers
from mandegar.lanes.backlog import Backlog
from mandegar.lanes.brake import Brake
from mandegar.lanes.positions import Positions
from mandegar.lanes.steps import Steps

# A batch that was given up so often in a row is a degradation at once.
RETRIES = 3
# How long a partition may stand before the process is not ready.
UNREADY_SECONDS = 120.0


class Condition:
    def __init__(self, positions: Positions, backlog: Backlog, brake: Brake, steps: Steps) -> None:
        self._positions, self._backlog, self._brake, self._steps = positions, backlog, brake, steps

    async def check(self) -> str | None:
        """Why these lanes cannot work, or ``None``; a check of ``Health``.

        A partition that stands before a batch which cannot be decoded is a degradation alone: the others go on, and a
        restart changes nothing.
        """
        if not self._positions.assigned:
            return "no assignment from Kafka yet"
        if self._positions.awaiting_offsets:
            return "waiting for stored offsets"
        if self._brake.engaged or not self._backlog.measured or self._positions.any_set_aside:
            return self._brake.engaged
        return self._backlog.stalled(UNREADY_SECONDS)

    async def stalled(self) -> str | None:
        """Which partition stands still although records wait, or ``None``; an optional check of ``Health``."""
        told = self._backlog.stalled()
        if self.retries < RETRIES:
            return told
        again = f"the same batch was given up {self.retries} times in a row; the log names the errors"
        return again if told is None else f"{told}; {again}"

    @property
    def retries(self) -> int:
        """How often in a row the batch of an assigned partition was given up; 0 after it was applied."""
        return max((times for p, times in self._steps.given_up.items() if p in self._positions.expected), default=0)

    def progress(self) -> Hashable:
        """Changes when records are applied. A partition that stands until an operator has put its log right counts."""
        setbacks = self._steps.setbacks if self._positions.any_set_aside else 0
        return frozenset(self._positions.expected.items()), setbacks

    def signs_of_life(self) -> Hashable:
        """Changes also when a failure was handled."""
        return frozenset(self._positions.expected.items()), self._steps.setbacks

    async def waiting_records(self, *, must_be_assigned: bool) -> int | None:
        """The number of records that wait, for the watchdog; the probe's client counts them, not the consumer.

        ``None`` while nobody can apply them: Kafka or the database is away, or the brake is engaged.
        """
        if self._brake.engaged or self._positions.awaiting_offsets:
            return None
        if must_be_assigned and not (self._positions.assigned and self._positions.expected):
            return await self._backlog.unassigned()
        if self.retries and not await answers(self._steps.pool):
            return None
        lag = await self._backlog.lag()
        return None if lag is None else lag.records
