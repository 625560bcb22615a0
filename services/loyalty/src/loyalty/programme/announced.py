"""The settings of the shop that a request is about."""

from typing import Final

from mandegar.database import Connection
from mandegar.shops import Shop, load_shops
from mandegar.web import Problem

# The answer of routes that need the settings of the shop.
UNKNOWN_SHOP: Final = (404, "unknown_shop", "the settings of the shop have not arrived yet")


async def announced_shop(connection: Connection, name: str) -> Shop:
    """The shop of that name; a 404 problem if its settings have not arrived yet."""
    shop = (await load_shops(connection, [name])).get(name)
    if shop is None:
        raise Problem(404, "unknown_shop", "The settings of the shop have not arrived yet")
    return shop
