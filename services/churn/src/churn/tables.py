"""All tables of churn, for alembic and for the test that compares them with the migrations."""

from churn.backtests.tables import add_backtests
from churn.card.tables import add_cards
from churn.changes.tables import add_change_marks
from churn.contracts.tables import add_contracts
from churn.counts.tables import add_counts
from churn.customers.tables import add_customers
from churn.dimensions.tables import add_dimensions
from churn.kpis.tables import add_kpis
from churn.memberships.tables import add_segments
from churn.models.tables import add_models
from churn.orders.tables import add_older_orders
from churn.satisfaction.tables import add_satisfaction
from churn.segment_figures.tables import add_segment_figures
from churn.timeline.tables import add_timelines
from churn.treatments.tables import add_treatments
from mandegar.database.tables import new_metadata, standard_tables

metadata = new_metadata()
standard_tables(metadata)
add_customers(metadata)
add_older_orders(metadata)
add_models(metadata)
add_cards(metadata)
add_kpis(metadata)
add_counts(metadata)
add_dimensions(metadata)
add_change_marks(metadata)
add_segments(metadata)
add_segment_figures(metadata)
add_backtests(metadata)
add_treatments(metadata)
add_timelines(metadata)
add_satisfaction(metadata)
add_contracts(metadata)
