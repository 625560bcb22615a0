"""All tables of ingest, for alembic and for the test that compares them with the migrations."""

from sqlalchemy import Index, text

from ingest.desk.repairs.tables import repairs_table
from ingest.erasure.tables import erasure_tables
from ingest.hallway.tables import hallway_tables
from ingest.identity.tables import identity_tables
from ingest.imports.tables import import_tables
from ingest.reconciling.tables import reconciling_tables
from ingest.sources.tables import source_tables
from mandegar.database.tables import new_metadata, standard_tables
from mandegar.events.topics import INGEST_CONTACTS

metadata = new_metadata()
standard_tables(metadata)
Index(
    "ix_outbox_published_contacts",
    metadata.tables["outbox_published"].c.key,
    postgresql_where=text(f"topic = '{INGEST_CONTACTS}'"),
)
source_tables(metadata)
hallway_tables(metadata)
identity_tables(metadata)
repairs_table(metadata)
import_tables(metadata)
erasure_tables(metadata)
reconciling_tables(metadata)
