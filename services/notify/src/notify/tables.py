"""All tables of notify, as the migrations build them."""

from mandegar.database.tables import customers_table, new_metadata, standard_tables
from notify.contacts.tables import address_consents_table, customer_columns
from notify.elsewhere.tables import messages_elsewhere_table
from notify.journeys.tables import journeys_table
from notify.sends.tables import sends_table

metadata = new_metadata()
standard_tables(metadata)
customers_table(metadata, *customer_columns())
address_consents_table(metadata)
sends_table(metadata)
messages_elsewhere_table(metadata)
journeys_table(metadata)
