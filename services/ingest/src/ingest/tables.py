"""All tables of ingest, for alembic and for the test that compares them with the migrations."""

from ingest.hallway.tables import add_hallway_tables
from ingest.sources.tables import add_source_tables
from mandegar.database.tables import new_metadata, standard_tables

metadata = new_metadata()
standard_tables(metadata)
add_source_tables(metadata)
add_hallway_tables(metadata)
