"""The programmes of shops: versions of their documents."""

from sqlalchemy import MetaData

from mandegar.documents.tables import DocumentKind, versions_table

PROGRAMMES = DocumentKind("programme", "programmes", named=False, recomputed=True)


def programme_tables(metadata: MetaData) -> None:
    """Add the table of programme versions."""
    versions_table(metadata, PROGRAMMES)
