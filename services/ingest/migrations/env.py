"""Alembic's entry: the tables of ingest, migrated as their owner."""

from ingest.tables import metadata
from mandegar.database.migrations import run_env

run_env(metadata)
