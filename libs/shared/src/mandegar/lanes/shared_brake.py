"""Shows an engaged brake in the database, so that another process can show it and release it."""

import asyncio
from dataclasses import dataclass

from mandegar.database import Pool, is_transient, transaction
from mandegar.lanes.brake import Brake
from mandegar.lanes.brake_rows import delete_brakes, insert_brake, is_engaged
from mandegar.telemetry.logging import logger

log = logger(__name__)

LOOK_SECONDS = 0.5


@dataclass(slots=True)
class SharedBrake:
    """The brake of a group in the process ``member``, and whether the database shows it engaged (``None``: perhaps)."""

    brake: Brake
    pool: Pool
    member: str
    shown: bool | None = None  # a process that was killed leaves its row

    async def run(self) -> None:
        """Show and release the brake, until cancelled. A restart releases it. Queries only while it is engaged."""
        while True:
            try:
                await self._follow()
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("brake_not_shown", group=self.brake.group, error=type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)

    async def _follow(self) -> None:
        group, reason = self.brake.group, self.brake.engaged
        if reason is None and self.shown is False:
            return
        async with transaction(self.pool) as connection:
            if reason is None or self.shown is None:
                reason = None
                await delete_brakes(connection, group, self.member)
            elif not self.shown:
                await insert_brake(connection, group, self.member, reason)
            elif not await is_engaged(connection, group, self.member):
                reason = None
                self.brake.release()
        self.shown = reason is not None
