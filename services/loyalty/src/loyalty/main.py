"""The parts of loyalty. Shops come first, and in a rebuild earning before accounts: the ledger is restored beside the
facts of its orders.
"""

from loyalty.account import act_routes, opening_routes
from loyalty.account import rebuild as account_rebuild
from loyalty.account import routes as account_routes
from loyalty.account.erase import erase
from loyalty.account.export import EXPORT
from loyalty.account.invariants import INVARIANTS, differs_from_a_walk
from loyalty.account.settle import settle
from loyalty.adjustments import rebuild as adjustments_rebuild
from loyalty.adjustments import routes as adjustment_routes
from loyalty.adjustments.export import EXPORT as ADJUSTMENTS_EXPORT
from loyalty.books import routes as books_routes
from loyalty.books.add_up import add_up_changes
from loyalty.books.count_again import count_again
from loyalty.books.last_days import keep_last_days
from loyalty.books.watch import LedgerWatch
from loyalty.club import achievement_routes
from loyalty.club import routes as club_routes
from loyalty.context import extend
from loyalty.coupons import erase as coupons_erase
from loyalty.coupons import opened as opened_coupons
from loyalty.coupons import rebuild as coupons_rebuild
from loyalty.coupons import routes as coupon_routes
from loyalty.coupons.guesses import EXPIRIES as CODE_GUESSES_EXPIRE
from loyalty.customer_tables import CUSTOMER_TABLES
from loyalty.domain.ids import NAME
from loyalty.draws import rebuild as draws_rebuild
from loyalty.draws import routes as draw_routes
from loyalty.draws.due import hold_draws
from loyalty.earning import apply as earning
from loyalty.earning import rebuild as earning_rebuild
from loyalty.occasions import rebuild as occasions_rebuild
from loyalty.occasions import routes as occasion_routes
from loyalty.phones import apply as phones
from loyalty.phones import routes as phone_routes
from loyalty.phones.find import EXPIRIES as GUESSES_EXPIRE
from loyalty.programme import apply as programme
from loyalty.programme import rebuild as programme_rebuild
from loyalty.programme import routes as programme_routes
from loyalty.programme.heed import heeded
from loyalty.programme.recompute import apply_cutoffs, recompute_customers
from loyalty.projection import routes as projection_routes
from loyalty.publishing import routes as publishing_routes
from loyalty.publishing.shadow import refresh_shadows
from loyalty.redemptions import rebuild as redemptions_rebuild
from loyalty.redemptions import routes as redemption_routes
from loyalty.redemptions.export import EXPORT as REDEMPTIONS_EXPORT
from loyalty.redemptions.merge import merge
from loyalty.redemptions.rename import name_orders
from loyalty.referrals import apply as referrals
from loyalty.referrals import rebuild as referrals_rebuild
from loyalty.referrals import routes as referral_routes
from loyalty.replays import routes as replay_routes
from loyalty.replays.export import EXPORT as REPLAY_EXPORT
from loyalty.replays.run import EXPIRY, run_replays
from loyalty.rewards import customer_routes as reward_routes
from loyalty.rewards import erase as rewards_erase
from loyalty.rewards import rebuild as rewards_rebuild
from loyalty.rewards import routes as catalogue_routes
from loyalty.settings import LoyaltySettings
from loyalty.simulation import routes as simulation_routes
from loyalty.statement import routes as statement_routes
from loyalty.till.erase import erase as commands_erase
from loyalty.till.expire import EXPIRIES
from loyalty.tills import routes as till_routes
from loyalty.tills.issue import EXPIRIES as CODES_EXPIRE
from mandegar.customers.rows_follow import rows_follow
from mandegar.service.parts import Part, Service

EARNING = Part[LoyaltySettings](reads=earning.reads(heeded), rebuild=earning_rebuild.rebuild(heeded))
ACCOUNT = Part[LoyaltySettings](
    routers=(account_routes.router, act_routes.router, opening_routes.router),
    merge=merge,
    erase=erase,
    export=EXPORT,
    rebuild=account_rebuild.REBUILD,
    invariants=INVARIANTS,
    checks=(differs_from_a_walk,),
)
PROGRAMME = Part[LoyaltySettings](
    routers=(programme_routes.router,),
    reads=programme.READS,
    rebuild=programme_rebuild.REBUILD,
    background=(recompute_customers, apply_cutoffs),
)
PHONES = Part[LoyaltySettings](
    routers=(phone_routes.router,),
    reads=phones.READS,
    rebuild=phones.REBUILD,
    expiries=GUESSES_EXPIRE,
    left_behind={"phone_guesses": "numbers that were tried in vain within a minute"},
)
# In a rebuild before the accounts, as redemptions are.
DRAWS = Part[LoyaltySettings](routers=(draw_routes.router,), rebuild=draws_rebuild.REBUILD, background=(hold_draws,))
# In a rebuild before the accounts, as redemptions are.
OCCASIONS = Part[LoyaltySettings](routers=(occasion_routes.router,), rebuild=occasions_rebuild.REBUILD)
PROJECTION = Part[LoyaltySettings](routers=(projection_routes.router,))
STATEMENT = Part[LoyaltySettings](routers=(statement_routes.router,))
CLUB = Part[LoyaltySettings](routers=(club_routes.router, achievement_routes.router))
COUPONS = Part[LoyaltySettings](
    routers=(coupon_routes.router,),
    reads=opened_coupons.READS,
    merge=rows_follow("coupons"),
    erase=coupons_erase.erase,
    rebuild=coupons_rebuild.REBUILD,
    expiries=CODE_GUESSES_EXPIRE,
    left_behind={"coupon_guesses": "codes that were tried in vain within a minute"},
)
REWARDS = Part[LoyaltySettings](
    routers=(catalogue_routes.router, reward_routes.router),
    merge=rows_follow("reward_takes"),
    erase=rewards_erase.erase,
    rebuild=rewards_rebuild.REBUILD,
)
# In a rebuild before the accounts, as redemptions are.
ADJUSTMENTS = Part[LoyaltySettings](
    routers=(adjustment_routes.router,),
    merge=rows_follow("adjustments"),
    rebuild=adjustments_rebuild.REBUILD,
    export=ADJUSTMENTS_EXPORT,
)
# In a rebuild before the accounts, too.
REFERRALS = Part[LoyaltySettings](
    routers=(referral_routes.router,),
    reads=referrals.READS,
    merge=referrals.merge,
    rebuild=referrals_rebuild.REBUILD,
)
BOOKS = Part[LoyaltySettings](
    routers=(books_routes.router,),
    background=(add_up_changes, keep_last_days),
    watched={"ledger": LedgerWatch},
    left_behind=dict.fromkeys(("book_changes", "book_days", "book_lots"), "the entries are counted where they move in"),
    moved_in=count_again,
)
REPLAYS = Part[LoyaltySettings](
    routers=(replay_routes.router,),
    export=REPLAY_EXPORT,
    background=(run_replays,),
    expiries=(EXPIRY,),
    left_behind={
        "replays": "what another programme would have given: ask for it again",
        "replay_customers": "they belong to replays, which stay behind",
    },
)
PUBLISHING = Part[LoyaltySettings](
    routers=(publishing_routes.router,),
    background=(refresh_shadows,),
    left_behind={"shadows": "a programme that is tried out: put it again where the shop is now"},
)
SIMULATION = Part[LoyaltySettings](routers=(simulation_routes.router,))

# In a rebuild before the accounts: the entries of redemptions are effects of their facts.
REDEMPTIONS = Part[LoyaltySettings](
    routers=(redemption_routes.router,),
    merge=rows_follow("redemptions"),
    erase=commands_erase,
    export=REDEMPTIONS_EXPORT,
    rebuild=redemptions_rebuild.REBUILD,
    background=(name_orders,),
    expiries=EXPIRIES,
)
TILLS = Part[LoyaltySettings](
    routers=(till_routes.router,),
    expiries=CODES_EXPIRE,
    left_behind={"till_codes": "codes that are good for some minutes"},
)

SERVICE = Service(
    name=NAME,
    parts=(
        PROGRAMME,
        EARNING,
        REDEMPTIONS,
        ADJUSTMENTS,
        PHONES,
        REFERRALS,
        DRAWS,
        OCCASIONS,
        ACCOUNT,
        PROJECTION,
        STATEMENT,
        CLUB,
        COUPONS,
        REWARDS,
        TILLS,
        BOOKS,
        REPLAYS,
        PUBLISHING,
        SIMULATION,
    ),
    settle=settle,
    settle_rebuilt=redemptions_rebuild.settle,
    settings=LoyaltySettings,
    extend=extend,
    tables=CUSTOMER_TABLES,
    about="Keeps the points and the tier of each customer, by the programme of the shop.",
)
