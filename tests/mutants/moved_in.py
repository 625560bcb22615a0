"""Guards of what a club that moves in brings along."""

from mutants.mutation import Mutation

_LOYALTY = "services/loyalty/src/loyalty"
_OPENING = f"{_LOYALTY}/domain/opening.py"
_MOVING_IN = "tests/integration/loyalty/earning/test_moving_in.py"
_ANY_ORDER = f"{_MOVING_IN}::test_whatever_comes_first_the_balance_is_that_of_the_file_and_old_orders_earn_nothing"
_REMEMBERED = ("tests/unit/loyalty/domain/test_remembered.py",)

_PHONES = "tests/integration/loyalty/phones/test_phones.py"

MUTATIONS = (
    Mutation(
        "an-old-snapshot-brings-a-number-back",
        "of two snapshots of a profile the one with the higher version counts",
        f"{_LOYALTY}/phones/rows.py",
        "    WHERE phones.version < excluded.version",
        "",
        (f"{_PHONES}::test_the_number_of_the_newest_snapshot_counts_in_any_order_of_arrival",),
    ),
    Mutation(
        "a-person-is-found-twice",
        "an alias that has the number counts as its root",
        f"{_LOYALTY}/phones/find.py",
        "coalesce(c.merged_into, c.customer_id)",
        "c.customer_id",
        (f"{_PHONES}::test_one_person_is_found_once",),
    ),
    Mutation(
        "imported-orders-earn-what-the-file-has-given",
        "orders paid before the cut-off earn nothing",
        f"{_LOYALTY}/domain/programme.py",
        "return self.cut is None or self.effective_from >= self.cut",
        "return True",
        (_ANY_ORDER,),
    ),
    Mutation(
        "a-cut-off-that-changes-reaches-nobody",
        "a new cut-off corrects the accounts of all customers",
        f"{_LOYALTY}/programme/apply.py",
        "    await record_changes(connection, sorted(changed))",
        "    await record_changes(connection, [])",
        (_ANY_ORDER,),
    ),
    Mutation(
        "a-remembered-account-does-not-notice-a-cut-off",
        "what is remembered names the cut-off it was computed with",
        f"{_LOYALTY}/domain/remembered.py",
        "    return programme.version if programme.cut is None else (programme.version, programme.cut)",
        "    return programme.version",
        (f"{_MOVING_IN}::test_many_orders_from_before_and_lots_are_remembered_and_a_new_cut_off_is_noticed",),
    ),
    Mutation(
        "a-lot-stated-again-is-added",
        "the same lot again is corrected by the difference",
        f"{_LOYALTY}/domain/movements.py",
        "difference = min(lot.stated[step] - lot.given, room)",
        "difference = min(lot.stated[step], room)",
        (f"{_MOVING_IN}::test_a_lot_is_posted_under_a_kind_of_its_own_and_corrected_by_the_difference",),
    ),
    Mutation(
        "what-arrives-last-corrects-a-lot",
        "of a lot the fact that was written last counts",
        _OPENING,
        "        newest = max(newest, fact, key=_written)",
        "        newest = fact",
        (f"{_MOVING_IN}::test_of_two_statements_the_one_written_later_counts",),
    ),
    Mutation(
        "news-from-before-a-grant-ended-go-on-from-what-is-remembered",
        "while a tier was granted, the spend does not tell which one was held",
        f"{_LOYALTY}/domain/forward.py",
        "    if tail.begin <= programme.effective_from or tail.begin < past.granted_until:",
        "    if tail.begin <= programme.effective_from:",
        _REMEMBERED,
    ),
    Mutation(
        "customers-are-told-of-the-tier-that-they-had",
        "a tier that was brought along is no news",
        f"{_LOYALTY}/account/post.py",
        "            if settled.tier_brought:",
        "            if False:",
        (_ANY_ORDER,),
    ),
    Mutation(
        "a-browser-brings-points-along",
        "a page, whose key is public, gives nobody points",
        "services/ingest/src/ingest/domain/normalise.py",
        "_PROVEN_TYPES = INTERACTION_TYPES | {IDENTIFIED}",
        '_PROVEN_TYPES = INTERACTION_TYPES | {IDENTIFIED, "points.opened"}',
        ("tests/unit/ingest/doors/test_native_door.py",),
    ),
    Mutation(
        "settings-without-a-cut-off-take-it-away",
        "a cut-off that is left out stays",
        "services/ingest/src/ingest/desk/shops/put.py",
        'if "points_from" not in wanted.model_fields_set:',
        "if False:",
        ("tests/integration/ingest/sources/test_sources.py",),
    ),
    Mutation(
        "an-open-coupon-takes-over-a-code",
        "a code that a coupon of the shop has stays its own",
        "services/loyalty/src/loyalty/coupons/rows.py",
        "    WHERE (c.redemption_id = c.coupon_id AND c.issued_at < excluded.issued_at)",
        "    WHERE (c.issued_at < excluded.issued_at) OR true",
        ("tests/integration/loyalty/coupons/test_coupons.py",),
    ),
    Mutation(
        "an-older-open-coupon-stands",
        "of two statements about an open coupon the later stands",
        "services/loyalty/src/loyalty/coupons/rows.py",
        "c.issued_at < excluded.issued_at)",
        "true)",
        ("tests/integration/loyalty/coupons/test_coupons.py",),
    ),
    Mutation(
        "an-open-coupon-is-known-by-an-unkeyed-id",
        "the id of the event of an open coupon tells nobody its code",
        "services/ingest/src/ingest/imports/rules.py",
        "    return Stated([row.coupon(str(id_))])",
        "    return Stated([row.coupon(code)])",
        ("tests/integration/ingest/imports/test_importing.py",),
    ),
)
