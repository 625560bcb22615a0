"""What a service's parts share at run time, made once by the runner and passed to each of them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import SimpleNamespace

from mandegar.clock import Clock
from mandegar.database import Connection, Pool
from mandegar.lanes.lanes import Lanes
from mandegar.service.settings import ServiceSettings
from mandegar.stream import Subscription
from mandegar.tokens import TokenVerifier


@dataclass(slots=True)
class Context:
    """The pools, the clock and the wake-up calls of one process. ``state`` holds what a service adds for itself.

    ``measures`` set gauges from the database whenever somebody asks for metrics.
    """

    name: str
    settings: ServiceSettings
    clock: Clock
    worker: Pool
    web: Pool
    tokens: TokenVerifier
    wake_relay: Callable[[], None] = lambda: None
    wake_timer: Callable[[], None] = lambda: None
    lanes: dict[str, Lanes] = field(default_factory=dict)
    event_subscriptions: dict[str, Subscription] = field(default_factory=dict)
    measures: list[Callable[[Connection], Awaitable[None]]] = field(default_factory=list)
    state: SimpleNamespace = field(default_factory=SimpleNamespace)

    @property
    def identity_key(self) -> bytes:
        return self.settings.identity_key.get_secret_value().encode()
