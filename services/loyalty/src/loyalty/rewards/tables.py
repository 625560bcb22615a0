"""The tables of rewards."""

from sqlalchemy import MetaData

from loyalty.rewards.document import CATALOGUES
from mandegar.documents.tables import versions_table


def reward_tables(metadata: MetaData) -> None:
    """Add the tables."""
    versions_table(metadata, CATALOGUES)
