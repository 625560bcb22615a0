"""Ids and words in the data of an event as the other services receive them."""

from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from mandegar.events.coupon_codes import coupon_id, coupon_ids_key, normal_form
from mandegar.events.identity import IdForm, hashed_id, is_opaque, published_order_id
from mandegar.events.referral_codes import referral_code_id


class Pseudonyms(NamedTuple):
    """The pseudonyms of one shop: ``key`` makes the hashes, ``form`` is the shop's setting."""

    shop: str
    key: bytes
    form: IdForm

    def word(self, text: str) -> str:
        """A product's id, a coupon, a category: itself if it looks like an id, else its hash."""
        return text if is_opaque(text) else _hashed(text, self.shop, self.key)

    def coupon(self, code: str) -> UUID:
        """The id of the coupon with a code; raises ``ValueError`` for what is no code."""
        return coupon_id(self.shop, normal_form(code), coupon_ids_key(self.key))

    def of_order(self, text: str) -> str:
        """The id of an order or refund, by which later events name it: a shop that sent it in the clear goes on so."""
        return published_order_id(text, self.form, shop=self.shop, key=self.key)

    def hidden(self, text: str) -> str:
        """The hash of a text, whatever it looks like, in any case and with any spaces."""
        return _hashed(" ".join(text.casefold().split()), self.shop, self.key)

    def referral_code(self, text: str) -> str:
        """What stands for the personal code of a customer; raises ``ValueError`` for what is none."""
        return referral_code_id(text, shop=self.shop, key=self.key)


# Cached, because customers and products return.
@lru_cache(maxsize=50_000)
def _hashed(text: str, shop: str, key: bytes) -> str:
    return hashed_id(text, shop=shop, key=key)
