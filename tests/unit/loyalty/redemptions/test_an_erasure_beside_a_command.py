"""An erasure that is committed while the command of another customer under the same key is loaded."""

from typing import Any, cast
from uuid import UUID

from loyalty.redemptions.reserve import Reserve
from loyalty.till.command import Key
from mandegar.database import Act, WorkerConnection
from mandegar.events import CustomerKey


class Erasing:
    """A database in which the customer of the command's id is erased once one question has been answered."""

    def __init__(self, erased: UUID) -> None:
        self.erased, self.questions = erased, 0

    async def fetch(self, sql: str, *arguments: Any) -> list[dict[str, Any]]:
        self.questions += 1
        if "erased_commands" not in sql or self.questions == 1:
            return []
        shops, ids = arguments
        return [{"shop": shop, "command_id": id_} for shop, id_ in zip(shops, ids, strict=True) if id_ == self.erased]


async def test_the_id_of_somebody_who_is_erased_meanwhile_is_not_made_again():
    command = Reserve(named=CustomerKey("s", "c-1"), act=cast("Act", None), key=Key("r", "d", "f"), points=5, lasts=1)
    first = command.redemption
    await Reserve.load(cast("WorkerConnection", Erasing(first)), [command])
    assert command.redemption != first
