"""The table of redemptions."""

from sqlalchemy import BigInteger, Column, Index, MetaData, Numeric, Table, Text, Uuid, text

from loyalty.redemptions.rename_rows import UNNAMED
from mandegar.database.customer_data import DELETED, of_customers
from mandegar.database.tables import instant


def redemption_tables(metadata: MetaData) -> None:
    """Add the table. What a redemption took is in the facts of the orders; ``lots`` repeats it, as a JSON array.
    ``returns`` is a JSON object: points that came back, by reference.

    ``credit`` is what is taken beside the points, in thousandths of the currency; null: nothing.
    ``paid_points`` are those that pay a part of the order, beside the price of a reward; null: all of them.

    A row stays ``reserved`` where the reservation has ended by itself: ``expires_at`` says so.
    """
    redemptions = Table(
        "redemptions",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("redemption_id", Uuid, primary_key=True),
        Column("customer_id", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("points", BigInteger, nullable=False),
        Column("returned", BigInteger, nullable=False),
        Column("lots", Text, nullable=False),
        Column("returns", Text, nullable=False, server_default="{}"),
        instant("reserved_at"),
        instant("expires_at"),
        instant("ended_at", nullable=True),
        Column("order_id", Text),
        Column("reference", Text),
        Column("reward", Text),
        Column("discount", Numeric),
        Column("currency", Text),
        Column("paid_points", BigInteger),
        Column("credit", BigInteger),
        # What the shop wrote, where it does not look like an id; null after a rebuild.
        Column("order_written", Text),
        Column("reference_written", Text),
        info=of_customers(merge="go to the root", erase=DELETED, export="redemptions"),
    )
    Index(
        "ix_redemptions_customer",
        redemptions.c.shop,
        redemptions.c.customer_id,
        redemptions.c.reserved_at,
        redemptions.c.redemption_id,
    )
    Index(
        "ix_redemptions_unnamed",
        redemptions.c.shop,
        redemptions.c.redemption_id,
        postgresql_where=text(UNNAMED),
    )
