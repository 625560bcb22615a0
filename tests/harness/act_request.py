"""A request by which somebody does something."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from harness.in_process import SHOP, InProcess


@dataclass
class Request:
    """A request by which somebody does something, and what the audit calls its target."""

    method: str
    path: str
    scope: str
    target: str
    shop: str = SHOP
    body: dict[str, Any] = field(default_factory=dict)
    # The shop that an operator's act concerns.
    about: str | None = None

    async def send(self, service: InProcess, *, scope: str | None = None, **more: Any) -> Any:
        """Send it with a token of its scope, or of another one."""
        wanted = self.scope if scope is None else scope
        return await service.ask(self.method, self.path, wanted, shop=self.shop, **{**self.body, **more})


Prepare = Callable[[Any], Awaitable[Request]]
