"""Who a token identifies."""

from dataclasses import dataclass, field

from mandegar.tokens.scopes import Scope

EVERY_SHOP = "*"


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller that a token identifies.

    A browser's token has a ``subject``, the only customer that it may read. ``shop`` is ``*`` for an operator, whom an
    answer may show rows of several shops. ``key_id`` names the signing key, ``token_id`` is its ``jti``.
    """

    shop: str
    scopes: frozenset[Scope]
    subject: str | None = None
    key_id: str = ""
    token_id: str | None = field(default=None, compare=False)

    @property
    def operator(self) -> bool:
        """True for every shop at once. The key alone does not make an operator: it also signs tokens of one shop."""
        return self.shop == EVERY_SHOP
