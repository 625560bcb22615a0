"""What an erasure clears of contacts, and the words about addresses."""

from collections.abc import Sequence

from msgspec import Struct

from mandegar.database import WorkerConnection, as_json, record_set


class ErasedRow(Struct, frozen=True):
    """An erased customer; snapshots above ``version`` were published after the erasure."""

    shop: str
    customer_id: str
    version: int


class WordsRow(Struct, frozen=True):
    """How many words about addresses of a customer were deleted, and how many stay."""

    shop: str
    customer_id: str
    deleted: int
    kept: int


ERASED = record_set(ErasedRow)
# Above every snapshot.
VERSION_MAX = 2**63 - 1


async def clear_contacts(connection: WorkerConnection, erased: Sequence[ErasedRow]) -> None:
    """Clear what snapshots tell of these customers, unless they are later than the erasure.

    Of somebody who has aliases, a later one may have been filled up by an earlier one of theirs.
    """
    await connection.execute(
        f"""
        UPDATE customers c SET
            email = NULL, phone = NULL, name = NULL, email_since = NULL, phone_since = NULL, shop_consents = '{{}}',
            locale = NULL, zone = NULL
        FROM {ERASED}
        WHERE c.shop = w.shop AND c.customer_id = w.customer_id
            AND (c.contact_version <= w.version OR EXISTS (
                SELECT FROM customers a WHERE a.shop = c.shop AND a.merged_into = c.customer_id))
        """,  # noqa: S608  the columns are ours
        as_json(erased),
    )


async def forget_grants(connection: WorkerConnection, erased: Sequence[ErasedRow]) -> list[WordsRow]:
    """Delete the grants that these customers gave for their addresses; withdrawals stay.

    A later word about the same address is that of another customer who has it.
    """
    rows = await connection.fetch(
        f"""
        WITH said AS (
            SELECT c.shop, c.customer_id, o.channel, o.word ->> 'address' AS address_id,
                (o.word ->> 'at')::timestamptz AS at
            FROM customers c JOIN {ERASED} USING (shop, customer_id)
                CROSS JOIN LATERAL jsonb_each(c.own_consents) AS o(channel, word)
        ), deleted AS (
            DELETE FROM address_consents a USING said s
            WHERE (a.shop, a.channel, a.address_id, a.at) = (s.shop, s.channel, s.address_id, s.at)
                AND a.status = 'granted'
            RETURNING s.shop, s.customer_id
        ), kept AS (
            SELECT s.shop, s.customer_id FROM said s JOIN address_consents a USING (shop, channel, address_id)
            WHERE a.status = 'withdrawn'
        )
        SELECT shop, customer_id, sum(gone)::bigint, sum(stays)::bigint FROM (
            SELECT shop, customer_id, 1 AS gone, 0 AS stays FROM deleted
            UNION ALL SELECT shop, customer_id, 0, 1 FROM kept
        ) AS words GROUP BY shop, customer_id
        """,  # noqa: S608  the columns are ours
        as_json(erased),
    )
    return [WordsRow(*row) for row in rows]
