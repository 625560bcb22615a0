"""The journeys of shops: versions of their documents."""

from sqlalchemy import MetaData

from mandegar.documents.tables import DocumentKind, versions_table

JOURNEYS = DocumentKind("journey", "journeys")


def journeys_table(metadata: MetaData) -> None:
    """Add the table of journey versions."""
    versions_table(metadata, JOURNEYS)
