"""PostgreSQL: asyncpg for statements, SQLAlchemy and alembic for table definitions and migrations."""

from mandegar.database.audit import Act
from mandegar.database.pool import (
    Connection,
    Pool,
    ReadConnection,
    Row,
    ShopConnection,
    WorkerConnection,
    WriteConnection,
    open_pool,
    ping,
)
from mandegar.database.retry import retry_transient
from mandegar.database.rows import KEYS, as_json, columns, key_columns, keys_as_json, record_set
from mandegar.database.shop_read import ShopRead
from mandegar.database.transaction import (
    after_commit,
    answering_within,
    as_customer_writing,
    as_shop,
    as_shop_counting,
    as_shop_reporting,
    as_shop_writing,
    read_of_shop,
    transaction,
    transaction_of,
)
from mandegar.database.transient import is_transient

__all__ = [
    "KEYS",
    "Act",
    "Connection",
    "Pool",
    "ReadConnection",
    "Row",
    "ShopConnection",
    "ShopRead",
    "WorkerConnection",
    "WriteConnection",
    "after_commit",
    "answering_within",
    "as_customer_writing",
    "as_json",
    "as_shop",
    "as_shop_counting",
    "as_shop_reporting",
    "as_shop_writing",
    "columns",
    "is_transient",
    "key_columns",
    "keys_as_json",
    "open_pool",
    "ping",
    "read_of_shop",
    "record_set",
    "retry_transient",
    "transaction",
    "transaction_of",
]
