"""The tables of who is who, besides the aliases in ``customers``."""

from sqlalchemy import Column, Index, MetaData, Table, Text

from mandegar.database.customer_data import of_customers
from mandegar.database.tables import instant


def identity_tables(metadata: MetaData) -> None:
    """Add ``account_addresses`` and ``browser_customers``."""
    # The guests whose address is an account's. A guest merges into the account if it is the only one. An empty customer
    # id stands for accounts that were erased: it makes no difference to whom the address belonged besides.
    Table(
        "account_addresses",
        metadata,
        *(Column(name, Text, primary_key=True) for name in ("shop", "guest_id", "customer_id")),
        Index("ix_account_addresses_customer_id", "shop", "customer_id"),
        info=of_customers(
            merge="stay; whoever asks whose a guest is follows the account to its root",
            erase="go, under either id; of an address of several accounts it stays known that it was shared",
            export="addresses",
        ),
    )
    # From when on a browser was used by which customer. Its past is the first one's, who is its root.
    Table(
        "browser_customers",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("browser_id", Text, primary_key=True),
        Column("at", instant("at").type, primary_key=True),
        Column("customer_id", Text, nullable=False),
        Index("ix_browser_customers_customer_id", "shop", "customer_id"),
        info=of_customers(
            merge="stay; whoever asks whose a browser was follows the customer to the root",
            erase="go, under either id; of a browser that somebody else used last, what is theirs stays",
            export="browsers",
        ),
    )
