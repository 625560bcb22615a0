"""The tables of who is who, besides the aliases in ``customers``."""

from sqlalchemy import Column, MetaData, Table, Text

from mandegar.database.customer_data import of_customers
from mandegar.database.tables import instant


def identity_tables(metadata: MetaData) -> None:
    """Add ``account_addresses`` and ``browser_customers``."""
    # The guests whose address is an account's. A guest merges into the account if it is the only one.
    Table(
        "account_addresses",
        metadata,
        *(Column(name, Text, primary_key=True) for name in ("shop", "guest_id", "customer_id")),
        info=of_customers(merge="stay; whoever asks whose a guest is follows the account to its root"),
    )
    # From when on a browser was used by which customer. Its past is the first one's, who is its root.
    Table(
        "browser_customers",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("browser_id", Text, primary_key=True),
        Column("at", instant("at").type, primary_key=True),
        Column("customer_id", Text, nullable=False),
        info=of_customers(merge="stay; whoever asks whose a browser was follows the customer to the root"),
    )
