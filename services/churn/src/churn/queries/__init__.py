"""SQL by use case, on asyncpg connections. Nothing here commits."""
