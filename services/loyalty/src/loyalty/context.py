"""What the parts of a loyalty process share, besides the context of every service."""

from dataclasses import dataclass, fields
from functools import partial
from typing import Annotated

from fastapi import Depends

from loyalty.settings import LoyaltySettings
from loyalty.till.apply import apply
from loyalty.till.command import Answer, Command
from mandegar.customers.group_commit import GroupCommit
from mandegar.service.context import Context
from mandegar.web.dependencies import context


@dataclass(frozen=True, kw_only=True)
class LoyaltyContext(Context[LoyaltySettings]):
    """The context with the till of this process."""

    till: GroupCommit[Command, Answer]


def extend(common: Context[LoyaltySettings]) -> LoyaltyContext:
    """The context of a loyalty process."""

    def committed() -> None:
        common.wake_relay()
        common.wake_timer()

    till = GroupCommit[Command, Answer](
        common.worker,
        common.clock.now,
        partial(apply, partitions=common.settings.partitions),
        shop_of=_shop_of,
        on_committed=committed,
    )
    return LoyaltyContext(**{field.name: getattr(common, field.name) for field in fields(Context)}, till=till)


def _shop_of(command: Command) -> str:
    return command.named.shop


LoyaltyCtx = Annotated[LoyaltyContext, Depends(context)]
