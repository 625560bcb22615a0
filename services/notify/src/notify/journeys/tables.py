"""The table of journeys: versions of their documents."""

from sqlalchemy import MetaData

from mandegar.documents.tables import versions_table
from notify.journeys.document import JOURNEYS


def journeys_table(metadata: MetaData) -> None:
    """Add the table of journey versions."""
    versions_table(metadata, JOURNEYS)
