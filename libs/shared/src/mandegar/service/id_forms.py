"""How the ids of a shop's customers and orders are stored: as the shop publishes them."""

from cachetools import TTLCache

from mandegar.clock import monotonic_seconds
from mandegar.database import Pool, transaction
from mandegar.events.identity import IdForm, canonical_customer_id, published_customer_id, published_order_id

CACHED_SECONDS = 10.0
CACHED_MAX = 100_000


class IdForms:
    """The setting ``customer_ids`` of shops, looked up by a process once in ten seconds for each shop it is asked of.

    It is fixed once the shop has events, so an old one is right for every customer there is.
    """

    def __init__(self, pool: Pool, key: bytes) -> None:
        self._pool, self._key = pool, key
        self._forms: TTLCache[str, IdForm] = TTLCache(CACHED_MAX, CACHED_SECONDS, monotonic_seconds)

    async def stored_id(self, shop: str, customer_id: str) -> str:
        """The id under which a customer is stored, of the shop's own id or of the stored one.

        Raises ``ValueError`` for what is no id, such as ``null``.
        """
        canonical = canonical_customer_id(customer_id, shop=shop, key=self._key)
        return published_customer_id(canonical, await self.form_of(shop), shop=shop, key=self._key)

    async def order_id(self, shop: str, order_id: str) -> str:
        """The id under which an order is stored, of the shop's own id or of the stored one."""
        return published_order_id(order_id, await self.form_of(shop), shop=shop, key=self._key)

    async def form_of(self, shop: str) -> IdForm:
        """How a shop's ids are published; that of a shop which was not announced yet is the default."""
        form = self._forms.get(shop)
        if form is None:
            form = self._forms[shop] = await self._look_up(shop)
        return form

    async def _look_up(self, shop: str) -> IdForm:
        async with transaction(self._pool) as connection:
            form: IdForm | None = await connection.fetchval("SELECT customer_ids FROM shops WHERE shop = $1", shop)
        return form or "pseudonyms"
