"""What churn is made of, in the order in which its parts apply a batch."""

from functools import partial

from churn import NAME
from churn.backtests import routes as backtest_routes
from churn.backtests.run import EXPIRY as BACKTESTS_EXPIRE
from churn.backtests.run import run_backtests
from churn.card import apply as card
from churn.card import batch_routes as card_batches
from churn.card import merge as card_merge
from churn.card import routes as card_routes
from churn.card.invariants import INVARIANTS as CARD_INVARIANTS
from churn.changes import routes as changes
from churn.changes.mark import mark_changes
from churn.changes.renumber import renumber_changes
from churn.check_rows import broken_rows
from churn.contracts import apply as contracts
from churn.contracts.rows import CONTRACTS
from churn.counted_facts.erase import facts_count_no_more
from churn.counted_facts.merge import facts_go_to_roots
from churn.counted_facts.recount import recount
from churn.counts.add_up import add_counts_up
from churn.counts.invariants import INVARIANTS as COUNT_INVARIANTS
from churn.customer_tables import CUSTOMER_TABLES
from churn.customers import apply as customers
from churn.customers.count_rest import count_customers
from churn.customers.export import EXPORT
from churn.customers.invariants import INVARIANTS
from churn.customers.merge import merge
from churn.customers.rebuild import REBUILD
from churn.customers.settle import settle
from churn.dimensions import apply as dimensions
from churn.dimensions.check import wrong_parts
from churn.dimensions.erase import erase as erase_parts
from churn.dimensions.export import EXPORT as PART_EXPORT
from churn.dimensions.merge import merge as merge_parts
from churn.kpis import erase as kpis_erase
from churn.kpis import routes as kpi_routes
from churn.kpis.add_up import add_up_changes
from churn.lists import routes as lists
from churn.memberships import heed as memberships
from churn.memberships.erase import erase as erase_memberships
from churn.memberships.invariants import INVARIANTS as MEMBERSHIP_INVARIANTS
from churn.memberships.merge import merge as merge_memberships
from churn.memberships.rebuild import REBUILD as MEMBERSHIP_REBUILD
from churn.models import erase as models_erase
from churn.models import forecast_routes as forecasts
from churn.models import horizon_routes
from churn.models import routes as models
from churn.models.fit_when_due import fit_when_due
from churn.models.put_horizon import REBUILD as HORIZON_REBUILD
from churn.models.recompute import recompute_customers
from churn.projection import routes as projection
from churn.risk import routes as risk
from churn.satisfaction import apply as satisfaction
from churn.satisfaction.rows import ANSWERS
from churn.segment_figures.check import wrong_segment_figures
from churn.segment_figures.take import take_snapshots
from churn.segments import list_routes as segment_lists
from churn.segments import routes as segments
from churn.segments.bring_over import bring_customers_over
from churn.settings import ChurnSettings
from churn.timeline import apply as timeline
from churn.timeline import routes as timeline_routes
from churn.timeline.export import EXPORT as TIMELINE_EXPORT
from churn.timeline.invariants import INVARIANTS as TIMELINE_INVARIANTS
from churn.timeline.merge import merge as merge_timelines
from churn.treatments import apply as treatments
from churn.treatments.export import EXPORT as TREATMENT_EXPORT
from churn.visits import routes as visits
from mandegar.customers.rows_follow import rows_follow
from mandegar.lanes.inbox import claimed_among
from mandegar.service.context import Context
from mandegar.service.parts import Part, Service


async def recount_facts(context: Context[ChurnSettings]) -> None:
    """Count what depends on days anew where a shop has moved to another zone, until cancelled."""
    await recount(context, ANSWERS, CONTRACTS)


SERVICE = Service(
    name=NAME,
    parts=(
        Part(
            reads=customers.READS,
            merge=merge,
            export=EXPORT,
            rebuild=REBUILD,
            invariants=INVARIANTS,
            checks=(broken_rows,),
        ),
        Part(
            routers=(models.router, forecasts.router, horizon_routes.router),
            background=(fit_when_due, recompute_customers),
            erase=models_erase.erase,
            rebuild=HORIZON_REBUILD,
        ),
        Part(
            routers=(backtest_routes.router,),
            background=(run_backtests,),
            expiries=(BACKTESTS_EXPIRE,),
            left_behind={"backtests": "reports of what is recorded: ask for them again where the shop is now"},
        ),
        Part(
            reads=treatments.READS,
            merge=rows_follow("treatments"),
            export=TREATMENT_EXPORT,
            expiries=(treatments.EXPIRY,),
        ),
        Part(routers=(kpi_routes.router,), background=(add_up_changes, count_customers), erase=kpis_erase.erase),
        Part(
            background=(add_counts_up,),
            invariants=COUNT_INVARIANTS,
            left_behind=dict.fromkeys(("count_changes", "count_sums"), "customers are counted where they move in"),
        ),
        Part(reads=satisfaction.READS, merge=facts_go_to_roots(ANSWERS), erase=facts_count_no_more(ANSWERS)),
        Part(reads=contracts.READS, merge=facts_go_to_roots(CONTRACTS), erase=facts_count_no_more(CONTRACTS)),
        Part(background=(recount_facts,)),
        Part(routers=(risk.router, lists.router)),
        Part(
            routers=(changes.router,),
            background=(renumber_changes, mark_changes),
            left_behind=dict.fromkeys(
                ("customers.changed_in", "cards.changed_in"), "numbers of transactions of the database that it leaves"
            ),
        ),
        Part(
            routers=(card_batches.router, card_routes.router),
            reads=card.READS,
            merge=card_merge.merge,
            invariants=CARD_INVARIANTS,
        ),
        Part(
            routers=(timeline_routes.router,),
            reads=timeline.READS,
            merge=merge_timelines,
            export=TIMELINE_EXPORT,
            invariants=TIMELINE_INVARIANTS,
        ),
        Part(routers=(visits.router, projection.router)),
        Part(
            routers=(segments.router, segment_lists.router),
            reads=memberships.READS,
            background=(bring_customers_over,),
            merge=merge_memberships,
            erase=erase_memberships,
            rebuild=MEMBERSHIP_REBUILD,
            invariants=MEMBERSHIP_INVARIANTS,
        ),
        Part(
            reads=dimensions.READS,
            merge=merge_parts,
            erase=erase_parts,
            export=PART_EXPORT,
            checks=(wrong_parts,),
        ),
        Part(
            background=(take_snapshots,),
            checks=(wrong_segment_figures,),
            left_behind=dict.fromkeys(
                ("segment_snapshots", "segment_snapshot_parts", "segment_snapshot_sums"),
                "a snapshot is taken of the customers where they move in",
            ),
        ),
    ),
    settle=settle,
    settings=ChurnSettings,
    # Histories read the same events as scores, and may be ahead of them; they follow within moments.
    applied=partial(claimed_among, besides=timeline.GROUP),
    tables=CUSTOMER_TABLES,
    about="Predicts which customers will not come back: risk, band and reasons of each, and the customer card.",
)
