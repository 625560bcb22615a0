"""The table of programmes: versions of their documents."""

from sqlalchemy import MetaData

from loyalty.programme.document import PROGRAMMES
from mandegar.documents.tables import versions_table


def programme_tables(metadata: MetaData) -> None:
    """Add the table of programme versions."""
    versions_table(metadata, PROGRAMMES)
