"""What customers said to notify itself about consent, by customer id and by the pseudonym of their address."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from mandegar.database import WorkerConnection
from mandegar.events.consents import Statement


class Subject(NamedTuple):
    """A channel of a customer id, or of an address by its pseudonym."""

    shop: str
    channel: str
    name: str


class WordRow(NamedTuple):
    """The word of a customer about a subject."""

    shop: str
    channel: str
    subject: str
    status: str
    at: datetime
    method: str


async def load_words(connection: WorkerConnection, subjects: Collection[Subject]) -> dict[Subject, Statement]:
    """The latest word about each subject that has one."""
    rows = await connection.fetch(
        """
        SELECT shop, channel, subject, status, at, method
        FROM own_consents JOIN unnest($1::text[], $2::text[], $3::text[]) AS w(shop, channel, subject)
            USING (shop, channel, subject)
        """,
        *(list(column) for column in zip(*subjects, strict=True)),
    )
    return {Subject(*row[:3]): Statement(*row[3:]) for row in rows}


async def save_words(connection: WorkerConnection, words: Sequence[WordRow]) -> None:
    """Store words, one per subject and sorted, unless later ones are stored; a withdrawal stands at one instant."""
    await connection.execute(
        """
        INSERT INTO own_consents AS c (shop, channel, subject, status, at, method)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[])
        ON CONFLICT (shop, channel, subject) DO UPDATE
            SET status = excluded.status, at = excluded.at, method = excluded.method
            WHERE (excluded.at, excluded.status) > (c.at, c.status)
        """,
        *(list(column) for column in zip(*words, strict=True)),
    )
