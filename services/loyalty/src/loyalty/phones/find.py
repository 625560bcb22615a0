"""Finds the customers who have a phone number."""

from loyalty.phones.rows import customers_of_phone
from mandegar.database import ReadConnection
from mandegar.events.addresses import normalise_phone
from mandegar.events.identity import address_id
from mandegar.shops import Shop

FOUND_MAX = 10


async def find_customers(connection: ReadConnection, shop: Shop, phone: str, identity_key: bytes) -> list[str]:
    """The customers with a number that is dialled from the shop, at most ``FOUND_MAX``; raises ``InvalidAddress``."""
    number = normalise_phone(phone, shop.phone_region)
    phone_id = address_id(number, shop=shop.shop, key=identity_key)
    return await customers_of_phone(connection, shop.shop, phone_id, at_most=FOUND_MAX)
