"""Annotations by which routes receive the context, lanes and subscriptions of their process."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Request

from mandegar.lanes.lanes import Lanes
from mandegar.service.context import Context
from mandegar.stream import Subscription


async def context(request: Request) -> Any:
    """The context of the process; a service's routes annotate it with the service's own context type."""
    return request.app.state.context


async def running_lanes(request: Request) -> Mapping[str, Lanes]:
    """The lanes of the process, by consumer group."""
    lanes: Mapping[str, Lanes] = request.app.state.lanes
    return lanes


async def event_subscriptions(request: Request) -> Mapping[str, Subscription]:
    """The subscriptions of the service, by consumer group."""
    subscriptions: Mapping[str, Subscription] = request.app.state.subscriptions
    return subscriptions


Ctx = Annotated[Context, Depends(context)]
RunningLanes = Annotated[Mapping[str, Lanes], Depends(running_lanes)]
Subscriptions = Annotated[Mapping[str, Subscription], Depends(event_subscriptions)]
