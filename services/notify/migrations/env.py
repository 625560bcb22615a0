"""Alembic's entry: the environment is the shared one, the tables are notify's."""

from mandegar.database.migrations import run_env
from notify.tables import metadata

run_env(metadata)
