"""Alembic's entry: the tables of loyalty, migrated as their owner."""

from loyalty.tables import metadata
from mandegar.database.migrations import run_env

run_env(metadata)
