"""What routes ask for by annotation."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Request

from mandegar.lanes.lanes import Lanes
from mandegar.service.context import Context
from mandegar.stream import Subscription


async def context(request: Request) -> Any:
    """The context of this process; a service's own routes annotate it with their own type of it."""
    return request.app.state.context


async def running_lanes(request: Request) -> Mapping[str, Lanes]:
    """The lanes of this process, by consumer group."""
    lanes: Mapping[str, Lanes] = request.app.state.lanes
    return lanes


async def event_subscriptions(request: Request) -> Mapping[str, Subscription]:
    """What the service reads, by consumer group."""
    subscriptions: Mapping[str, Subscription] = request.app.state.subscriptions
    return subscriptions


Ctx = Annotated[Context, Depends(context)]
RunningLanes = Annotated[Mapping[str, Lanes], Depends(running_lanes)]
Subscriptions = Annotated[Mapping[str, Subscription], Depends(event_subscriptions)]
