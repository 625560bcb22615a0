"""Annotations by which routes receive the context of their process, and the consumer groups of their service."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Request

from mandegar.lanes.group_lag import GroupLag
from mandegar.service.context import Context
from mandegar.stream import Subscription


async def context(request: Request) -> Any:
    """The context of the process; a service's routes annotate it with the service's own context type."""
    return request.app.state.context


async def group_lags(request: Request) -> Mapping[str, GroupLag]:
    """The lag of each consumer group of the service."""
    lags: Mapping[str, GroupLag] = request.app.state.lags
    return lags


async def event_subscriptions(request: Request) -> Mapping[str, Subscription]:
    """The subscriptions of the service, by consumer group."""
    subscriptions: Mapping[str, Subscription] = request.app.state.subscriptions
    return subscriptions


Ctx = Annotated[Context, Depends(context)]
GroupLags = Annotated[Mapping[str, GroupLag], Depends(group_lags)]
Subscriptions = Annotated[Mapping[str, Subscription], Depends(event_subscriptions)]
