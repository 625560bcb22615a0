"""The shop that a path names."""

from typing import Annotated

from fastapi import Path

from mandegar.tokens import EVERY_SHOP
from mandegar.web import Principal, Problem

ShopId = Annotated[
    str, Path(pattern="^[a-z0-9][a-z0-9_-]{0,62}$", description="Lower-case letters, digits, hyphens and underscores")
]


def require_shop(principal: Principal, shop: str) -> None:
    """Raise ``Problem`` 403 if the token belongs to another shop."""
    if principal.shop not in (shop, EVERY_SHOP):
        raise Problem(403, "forbidden", "This token belongs to another shop")
