"""Alembic's entry: the environment is the shared one, the tables are notify's."""

from notify.tables import metadata
from shared.database.migrations import run_env

run_env(metadata)
