"""The shop that a path names, and its settings."""

from typing import Annotated

from fastapi import Path

from mandegar.database import Connection
from mandegar.shops import Shop, load_shops
from mandegar.tokens import EVERY_SHOP
from mandegar.web import Principal, Problem

ShopId = Annotated[
    str, Path(pattern="^[a-z0-9][a-z0-9_-]{0,62}$", description="Lower-case letters, digits, hyphens and underscores")
]


def require_shop(principal: Principal, shop: str) -> None:
    """Raise ``Problem`` 403 if the token belongs to another shop."""
    if principal.shop not in (shop, EVERY_SHOP):
        raise Problem(403, "forbidden", "This token belongs to another shop")


async def settings_of(connection: Connection, shop: str) -> Shop:
    """The settings of a shop; raises ``Problem`` 404 if there is none with this id."""
    settings = (await load_shops(connection, {shop})).get(shop)
    if settings is None:
        raise Problem(404, "unknown_shop", "There is no shop with this id")
    return settings
