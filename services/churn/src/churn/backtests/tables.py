"""The table of backtests: what was asked, how far it is, and what came of it."""

from sqlalchemy import Column, Index, MetaData, SmallInteger, Table, Text, text

from churn.backtests.kind import BACKTESTS
from mandegar.jobs.tables import job_columns


def add_backtests(metadata: MetaData) -> None:
    """``page`` is HTML. No row has a customer: a report has figures of all."""
    backtests = Table(
        BACKTESTS.table,
        metadata,
        *job_columns(BACKTESTS),
        Column("horizon_weeks", SmallInteger, nullable=False),
        Column("page", Text),
    )
    is_open = text("status IN ('waiting', 'running')")
    Index("ix_backtests_open", backtests.c.shop, unique=True, postgresql_where=is_open)
