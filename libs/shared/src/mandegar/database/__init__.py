"""PostgreSQL: asyncpg for statements, SQLAlchemy and alembic for table definitions and migrations."""

from mandegar.database.pool import (
    Connection,
    Pool,
    ReadConnection,
    Row,
    ShopConnection,
    WorkerConnection,
    WriteConnection,
    open_pool,
)
from mandegar.database.rows import as_json, columns, keys_as_json, record_set
from mandegar.database.transaction import as_shop, as_shop_writing, once_committed, transaction
from mandegar.database.weather import is_weather

__all__ = [
    "Connection",
    "Pool",
    "ReadConnection",
    "Row",
    "ShopConnection",
    "WorkerConnection",
    "WriteConnection",
    "as_json",
    "as_shop",
    "as_shop_writing",
    "columns",
    "is_weather",
    "keys_as_json",
    "once_committed",
    "open_pool",
    "record_set",
    "transaction",
]
