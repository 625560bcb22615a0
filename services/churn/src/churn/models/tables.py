"""Model versions of each shop, and the historical sources that they were fitted to."""

from sqlalchemy import BigInteger, Column, Date, Double, Integer, MetaData, Numeric, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from mandegar.database.tables import instant


def add_models(metadata: MetaData) -> None:
    """Define ``models``, ``calibrations``, ``forecasts``, ``horizons`` and ``backfills``."""
    # The newest version of a shop scores its customers. Version 0, the prior, has no row.
    Table(
        "models",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("version", BigInteger, primary_key=True, autoincrement=False),
        instant("fitted_at"),
        Column("through_day", Date, nullable=False, comment="the last day, in the shop's zone, that the fit saw"),
        Column("horizon_days", SmallInteger, nullable=False),
        # For the release before the numbers, whose rows have none: drops of the odds, and the population's parameters.
        Column("drops", ARRAY(Double), nullable=False),
        Column("parameters", JSONB, nullable=False),
        Column("quality", JSONB, nullable=False),
        # churn.domain.forecast.version
        Column("numbers", JSONB),
    )
    # What became of a week's predictions, once their horizon has passed: counts of a sample, without customers.
    Table(
        "calibrations",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("day", Date, primary_key=True),
        Column("version", BigInteger, nullable=False),
        Column("bands", JSONB, nullable=False),
    )
    # The revenue of the ``FORECAST_DAYS`` after ``day`` from the customers by its end; ``paid`` once they are over.
    Table(
        "forecasts",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("day", Date, primary_key=True),
        Column("version", BigInteger, nullable=False),
        instant("made_at"),
        Column("customers", BigInteger, nullable=False),
        Column("expected", Numeric, nullable=False),
        Column("low", Numeric, nullable=False),
        Column("high", Numeric, nullable=False),
        Column("paid", Numeric),
        instant("checked_at", nullable=True),
    )
    # The horizon of a shop that has chosen one; fits go by it.
    Table(
        "horizons",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("weeks", SmallInteger, nullable=False),
        Column("version", Integer, nullable=False),
        instant("changed_at"),
    )
    # Historical sources as each partition saw them: sending history, then closed, then covered by a model version.
    Table(
        "backfills",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("source_id", Text, primary_key=True),
        Column("partition", Integer, primary_key=True, autoincrement=False),
        instant("last_event_at", nullable=True),
        instant("closed_at", nullable=True),
        Column("model_version", BigInteger),
    )
