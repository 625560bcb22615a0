"""Follows a read-only copy of the database: up to when it holds what was committed, and whether it answers.

Ten times a second the primary is asked for the position of its log, and the copy how far it has replayed it. What was
committed when a position was asked for lies before that position, so a copy that is there holds it (decision 37). A
position is compared before a read begins: the read may see more than ``as_of`` says, and never less.
"""

import asyncio
from collections import deque
from datetime import datetime
from typing import Any, NamedTuple

from mandegar.clock import Clock, monotonic_seconds
from mandegar.database import Pool
from mandegar.database.transient import TRANSIENT_CLASSES
from mandegar.telemetry import metrics
from mandegar.wakeup import Wakeup

LOOK_SECONDS = 0.1
# While somebody waits for the copy.
LOOK_SOON_SECONDS = 0.01
ANSWER_SECONDS = 1.0
# A copy that has not answered for so long is not asked by reads.
SILENT_SECONDS = 2.0
MARKS_MAX = 512

# Commits are flushed before they are answered, so the flushed position covers them.
_POSITION = "SELECT pg_current_wal_flush_lsn(), system_identifier FROM pg_control_system()"
_REPLAYED = "SELECT pg_last_wal_replay_lsn(), pg_is_in_recovery(), system_identifier FROM pg_control_system()"


class _Mark(NamedTuple):
    """The position of the primary's log at a time of the deployment's clock; ``number`` counts the marks."""

    number: int
    position: int
    at: datetime
    asked_at: float


class Replica:
    """The copy behind ``pool``. Reads use it while ``as_of`` is not None."""

    def __init__(self, pool: Pool, primary: Pool, clock: Clock, *, lag_seconds_max: float) -> None:
        self.pool = pool
        self._primary, self._clock, self._lag_max = primary, clock, lag_seconds_max
        self._marks: deque[_Mark] = deque()
        self._begun = 0
        self._held: _Mark | None = None
        self._newest: _Mark | None = None
        self._system: int | None = None
        self._wrong: str | None = "the read replica has not been asked yet"
        self._answered_at = float("-inf")
        self._looked, self._wake, self._waiting = asyncio.Event(), Wakeup(), 0

    @property
    def as_of(self) -> datetime | None:
        """Everything that was committed up to then is in the copy. None: reads go to the primary."""
        if self._wrong is not None or self._held is None:
            return None
        return None if monotonic_seconds() - self._answered_at > SILENT_SECONDS else self._held.at

    @property
    def lag_seconds(self) -> float:
        """By how much the copy is behind the newest position that the primary gave."""
        return 0.0 if self._held is None or self._newest is None else self._newest.asked_at - self._held.asked_at

    def lost(self, error: BaseException) -> None:
        """Let reads go to the primary until the copy has answered again, because one of them failed with ``error``."""
        self._wrong = f"the read replica does not answer ({type(error).__name__})"

    async def holds_present(self, seconds: float) -> bool:
        """Whether the copy holds all that is committed now, at once or within ``seconds``; true while reads do not use
        it."""
        needed, deadline = self._begun + 1, monotonic_seconds() + seconds
        self._waiting += 1
        try:
            while self.as_of is not None and (self._held is None or self._held.number < needed):
                if (left := deadline - monotonic_seconds()) <= 0:
                    return False
                self._wake()
                looked = self._looked
                try:
                    async with asyncio.timeout(left):
                        await looked.wait()
                except TimeoutError:
                    return False
        finally:
            self._waiting -= 1
        return True

    async def run(self) -> None:
        """Look at primary and copy until cancelled."""
        while True:
            self._wake.clear()
            await self.look()
            if self._waiting:
                await asyncio.sleep(LOOK_SOON_SECONDS)
            else:
                await self._wake.wait(LOOK_SECONDS)

    async def look(self) -> None:
        """Mark the position of the primary, and find out which marks the copy holds."""
        await self._mark()
        try:
            replayed, in_recovery, system = await _ask(self.pool, _REPLAYED)
        except TRANSIENT_CLASSES as error:
            self.lost(error)
        else:
            self._answered_at = monotonic_seconds()
            self._wrong = self._hold(replayed, in_recovery=in_recovery, system=system)
        metrics.REPLICA_USED.set(self.as_of is not None)
        metrics.REPLICA_LAG.set(self.lag_seconds)
        looked, self._looked = self._looked, asyncio.Event()
        looked.set()

    async def check(self) -> str | None:
        """Why reads go to the primary; a check of ``Health``."""
        if self._wrong is None and self.as_of is None:
            return "the read replica does not answer; reads go to the primary"
        return None if self._wrong is None else f"{self._wrong}; reads go to the primary"

    async def _mark(self) -> None:
        """Without the primary there are no new marks, and ``as_of`` stays where it is."""
        self._begun += 1
        number, at, asked_at = self._begun, self._clock.now(), monotonic_seconds()
        try:
            position, self._system = await _ask(self._primary, _POSITION)
        except TRANSIENT_CLASSES:
            return
        self._newest = _Mark(number, position, at, asked_at)
        if len(self._marks) >= MARKS_MAX:
            self._marks = deque(list(self._marks)[1::2])  # a copy far behind: every other mark is fine enough
        self._marks.append(self._newest)

    def _hold(self, replayed: int, *, in_recovery: bool, system: int) -> str | None:
        """Take note of what the copy has replayed; why reads cannot use it."""
        if self._system is not None and system != self._system:
            return "MANDEGAR_READ_DATABASE_URL is not a replica of this database"
        if not in_recovery:
            return "MANDEGAR_READ_DATABASE_URL is a primary, not a replica"
        if self._held is not None and replayed < self._held.position:
            self._held = None  # it was set up anew, from an older copy
        while self._marks and self._marks[0].position <= replayed:
            self._held = self._marks.popleft()
        if self._held is None:
            return "the read replica is behind all that was compared so far"
        if self.lag_seconds > self._lag_max:
            return f"the read replica is {self.lag_seconds:.0f} s behind"
        return None


async def _ask(pool: Pool, question: str) -> tuple[Any, ...]:
    """The only row; a server that is silent for a second, or a cancellation, closes the connection."""
    async with asyncio.timeout(ANSWER_SECONDS):
        connection = await pool.acquire()
        try:
            [row] = await connection.fetch(question)
        except BaseException:
            connection.terminate()
            raise
        finally:
            await pool.release(connection)
    return tuple(row)
