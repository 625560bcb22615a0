"""What a token can allow, and for how long at most."""

from typing import Literal, TypeAlias, get_args

Scope: TypeAlias = Literal[
    "customers:read",
    "customers:merge",
    "customers:erase",
    "customers:export",
    "events:raw",
    "points:spend",
    "preferences:write",
    "programme:write",
    "books:read",
    "points:adjust",
    "journeys:write",
    "sources:write",
    "audit:read",
    "ops",
]
SCOPES: tuple[Scope, ...] = get_args(Scope)

# Defaults of the settings. A customer's token lies in a browser, where it can be stolen.
DAYS_MAX = 90
CUSTOMER_HOURS_MAX = 24
