"""What customers said to notify itself about an address, whichever customer id it is under. No row shows an address."""

from collections.abc import Collection, Iterable
from datetime import datetime

from mandegar.database import Connection, Row, ShopRead, WriteConnection
from mandegar.events import CustomerKey
from mandegar.events.consents import Statement
from notify.domain.consent import AddressKey

READ_WORDS = ShopRead(
    "read_words",
    {"channels": "text[]", "address_ids": "text[]"},
    {"shop": "text", "channel": "text", "address_id": "text", "status": "text", "at": "timestamptz", "method": "text"},
    """
    SELECT a.shop, a.channel, a.address_id, a.status, a.at, a.method
    FROM unnest(channels, address_ids) AS w(channel, address_id)
        JOIN LATERAL (
            SELECT * FROM address_consents
            WHERE shop = of_shop AND channel = w.channel AND address_id = w.address_id LIMIT 1) a ON true
    """,
)


async def load_words(connection: Connection, addresses: Collection[AddressKey]) -> dict[AddressKey, Statement]:
    """The latest word about each address that has one."""
    rows = await connection.fetch(
        """
        SELECT shop, channel, address_id, status, at, method
        FROM address_consents JOIN unnest($1::text[], $2::text[], $3::text[]) AS w(shop, channel, address_id)
            USING (shop, channel, address_id)
        """,
        [address.shop for address in addresses],
        [address.channel for address in addresses],
        [address.address_id for address in addresses],
    )
    return words_of(rows)


def words_of(rows: Iterable[Row]) -> dict[AddressKey, Statement]:
    """The words in rows of this query, or of ``READ_WORDS``."""
    return {AddressKey(*row[:3]): Statement(*row[3:]) for row in rows}


async def load_word(connection: Connection, address: AddressKey | None) -> Statement | None:
    """The latest word about one address, or None."""
    return None if address is None else (await load_words(connection, [address])).get(address)


async def save_word(connection: WriteConnection, address: AddressKey, word: Statement) -> None:
    """Store a word unless a later one is stored; at one instant a withdrawal stands over a grant."""
    await connection.execute(
        """
        INSERT INTO address_consents AS c (shop, channel, address_id, status, at, method)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (shop, channel, address_id) DO UPDATE
            SET status = excluded.status, at = excluded.at, method = excluded.method
            WHERE (excluded.at, excluded.status) > (c.at, c.status)
        """,
        *address,
        word.status,
        word.at,
        word.method,
    )


async def delete_grant(connection: WriteConnection, address: AddressKey, at: datetime) -> None:
    """Delete the word about an address if it is a grant of this instant."""
    await connection.execute(
        """
        DELETE FROM address_consents
        WHERE (shop, channel, address_id) = ($1, $2, $3) AND at = $4 AND status = 'granted'
        """,
        *address,
        at,
    )


async def words_about(connection: Connection, customer: CustomerKey) -> list[Row]:
    """The words about addresses that were said by a customer, or to which a message of theirs went."""
    return await connection.fetch(
        """
        SELECT a.channel, a.address_id, a.status, a.at, a.method FROM address_consents a
        WHERE a.shop = $1 AND (a.channel, a.address_id) IN (
            SELECT o.channel, o.word ->> 'address'
            FROM customers c CROSS JOIN LATERAL jsonb_each(c.own_consents) AS o(channel, word)
            WHERE c.shop = $1 AND c.customer_id = $2
            UNION SELECT channel, address_id FROM sends WHERE shop = $1 AND customer_id = $2)
        ORDER BY a.channel, a.address_id
        """,
        *customer,
    )
