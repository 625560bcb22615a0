"""The words in programmes that are published as hashes: a worker, which has no key, compares what events name.

Words are those of all documents of a shop. Other spellings of them belong to one document, whose mark stands before
them: a new document changes no older one.
"""

from collections.abc import Collection, Mapping

from mandegar.database import Connection, WriteConnection


async def insert_words(connection: WriteConnection, shop: str, words: Mapping[str, str]) -> None:
    """Store in which form words of a shop are published."""
    if words:
        await connection.execute(
            """
            INSERT INTO programme_words (shop, word, published)
            SELECT $1, * FROM unnest($2::text[], $3::text[]) ON CONFLICT DO NOTHING
            """,
            shop,
            list(words),
            list(words.values()),
        )


async def words_of(connection: Connection, shops: Collection[str]) -> dict[str, dict[str, str]]:
    """For each shop the words that are published in another form."""
    words: dict[str, dict[str, str]] = {shop: {} for shop in shops}
    rows = await connection.fetch(
        "SELECT shop, word, published FROM programme_words WHERE shop = ANY($1::text[])", list(shops)
    )
    for shop, word, published in rows:
        words[shop][word] = published
    return words
