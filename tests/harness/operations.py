"""The operations in an OpenAPI document, with the access that each declares."""

import re
from dataclasses import dataclass
from typing import Any

METHODS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    service: str
    method: str
    template: str
    document: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.service} {self.method} {self.template}"

    @property
    def access(self) -> dict[str, Any]:
        """Who may use it, as it declares; ``KeyError`` if it declares nothing."""
        declared: dict[str, Any] = self.document["x-mandegar-access"]
        return declared

    def path(self, value: str) -> str:
        """The path with ``value`` for each parameter."""
        return re.sub(r"\{[^}]+\}", value, self.template)


def operations(service: str, document: dict[str, Any]) -> list[Operation]:
    """All operations of a service's OpenAPI document."""
    return [
        Operation(service, method.upper(), path, item[method])
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    ]
