"""All tables of ingest, for alembic and for the test that compares them with the migrations."""

from ingest.hallway.tables import hallway_tables
from ingest.identity.tables import identity_tables
from ingest.sources.tables import source_tables
from mandegar.database.tables import new_metadata, standard_tables

metadata = new_metadata()
standard_tables(metadata)
source_tables(metadata)
hallway_tables(metadata)
identity_tables(metadata)
