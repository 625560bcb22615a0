"""What the table of every kind of job has. Serving processes do not import it: SQLAlchemy takes memory."""

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, SmallInteger, Text, Uuid

from mandegar.database.tables import instant
from mandegar.jobs.kind import STATUSES, JobKind


def job_columns(kind: JobKind) -> list[Column[Any] | CheckConstraint]:
    """While a process computes a job it renews ``leased_until``, by the clock of the database; ``attempt`` counts the
    processes that began. ``done`` of ``total`` of what it is ``doing`` is its progress; ``result`` is JSON.
    """
    return [
        Column("shop", Text, primary_key=True),
        Column(kind.key, Uuid, primary_key=True),
        Column("status", Text, nullable=False),
        instant("created_at"),
        instant("started_at", nullable=True),
        instant("finished_at", nullable=True),
        instant("leased_until", nullable=True),
        Column("attempt", SmallInteger, nullable=False, server_default="0"),
        Column("doing", Text),
        Column("done", BigInteger, nullable=False, server_default="0"),
        Column("total", BigInteger, nullable=False, server_default="0"),
        Column("failure", Text),
        Column("result", Text),
        CheckConstraint(f"status IN ({', '.join(map(repr, STATUSES))})", name=f"ck_{kind.table}_status"),
    ]
