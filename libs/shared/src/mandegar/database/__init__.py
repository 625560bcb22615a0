"""PostgreSQL as every service uses it: asyncpg for work, SQLAlchemy and alembic for the shape of tables."""

from mandegar.database.pool import Connection, Pool, Row, open_pool
from mandegar.database.rows import as_json, keys_as_json
from mandegar.database.transaction import as_shop, once_committed, transaction
from mandegar.database.weather import is_weather

__all__ = [
    "Connection",
    "Pool",
    "Row",
    "as_json",
    "as_shop",
    "is_weather",
    "keys_as_json",
    "once_committed",
    "open_pool",
    "transaction",
]
