"""Alembic's entry point; run by ``python -m churn migrate``."""

from churn.tables import metadata
from mandegar.database.migrations import run_env

run_env(metadata)
