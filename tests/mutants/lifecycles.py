"""Guards of lifecycles and stages, and what breaks without each."""

from mutants.mutation import Mutation

_PRODUCT = "services/churn/src/churn"
_LIVES = "tests/unit/churn/customers/test_lifecycle.py"
_STAGES = "tests/unit/churn/customers/test_stage.py"
_UNITED = "tests/unit/churn/customers/test_merge.py"
_OF_STAGES = "tests/unit/churn/memberships/test_of_stages.py"
_SIGNALS = "tests/unit/churn/domain/signals/test_signals.py"

MUTATIONS = (
    Mutation(
        "who-is-not-known-to-have-bought-again-comes-back",
        "only a purchase brings somebody back",
        f"{_PRODUCT}/domain/publication.py",
        "    if last.last_day <= terms.days.day_of(known_at_us):",
        "    if False:",
        (f"{_LIVES}::test_imported_history_is_told_by_its_present_band_and_brings_nobody_back",),
    ),
    Mutation(
        "only-who-was-away-as-the-root-comes-back",
        "who came back is judged by what was told of any of their ids",
        f"{_PRODUCT}/customers/merge.py",
        "[each.known_at_us for each in customers if each.band in AWAY]",
        "[each.known_at_us for each in customers[:1] if each.band in AWAY]",
        (f"{_UNITED}::test_who_comes_back_under_another_id_is_told_as_won_back_whenever_they_merge",),
    ),
    Mutation(
        "a-merge-is-before-what-was-due",
        "what is due of who is merged is told before the merge",
        f"{_PRODUCT}/customers/merge.py",
        "for each in union.everybody if is_due(each, now) for told in",
        "for each in union.everybody if False for told in",
        (f"{_UNITED}::test_what_was_due_is_told_before_a_merge_as_if_the_timer_had_not_been_late",),
    ),
    Mutation(
        "who-only-cooled-comes-back",
        "who comes back was at risk or lost",
        f"{_PRODUCT}/domain/lifecycle.py",
        'AWAY: Final = frozenset({"at_risk", "lost"})',
        'AWAY: Final = frozenset({"cooling", "at_risk", "lost"})',
        (f"{_LIVES}::test_only_who_was_at_risk_or_lost_comes_back",),
    ),
    Mutation(
        "a-lifecycle-of-the-release-before-is-told",
        "who was known before is brought into their lifecycle in silence",
        f"{_PRODUCT}/domain/publication.py",
        "    if customer.lifecycle is None:\n        customer.lifecycle = _lifecycle(customer, terms)\n    changes",
        "    changes",
        (f"{_LIVES}::test_a_row_of_an_earlier_release_is_given_its_lifecycle_and_stage_in_silence",),
    ),
    Mutation(
        "what-the-lost-did-before-their-last-order-counts",
        "who is lost begins the journey again",
        f"{_PRODUCT}/domain/stage.py",
        "    ordered = -1 if last is None else last.last_at_us // DAY_US",
        "    ordered = -1",
        (f"{_STAGES}::test_who_is_lost_begins_again_with_what_they_do_from_then_on",),
    ),
    Mutation(
        "a-cart-is-pushed-out-by-complaints",
        "the newest cart is kept beside the facts that are felt",
        f"{_PRODUCT}/domain/signals/experience.py",
        "    if not carts:",
        "    if True:",
        (f"{_STAGES}::test_a_cart_is_kept_beside_everything_else_that_was_said",),
    ),
    Mutation(
        "a-return-is-told-again-when-its-order-is-paid-again",
        "a return is told once",
        f"{_PRODUCT}/domain/publication.py",
        "    if customer.won_back_at is not None and last.last_day <=",
        "    if not customer and last.last_day <=",
        (f"{_LIVES}::test_a_return_whose_order_is_cancelled_and_paid_again_is_told_once",),
    ),
    Mutation(
        "a-rebuild-forgets-who-was-won-back",
        "a return is told once, also by a rebuilt service",
        f"{_PRODUCT}/customers/rebuild.py",
        '        on({"customer.won_back"}, apply_returns, group=REBUILD_GROUP),\n',
        "",
        ("tests/integration/churn/customers/test_rebuild_returns.py",),
    ),
    Mutation(
        "an-older-stage-of-the-topic-stands",
        "a rebuild writes the stage of the highest version",
        f"{_PRODUCT}/customers/rebuild.py",
        "    in_order = sorted(events, key=lambda event: int(event.data.version))",
        "    in_order = events",
        ("tests/unit/churn/customers/test_rebuild_stages.py",),
    ),
    Mutation(
        "a-visit-that-moves-the-band-leaves-the-stage",
        "stages follow bands that visits move",
        f"{_PRODUCT}/customers/move_on.py",
        " in OF_BUYERS and not changes:",
        " in OF_BUYERS:",
        (f"{_STAGES}::test_a_visit_that_moves_the_band_moves_the_stage_with_it",),
    ),
    Mutation(
        "a-stage-begins-before-the-acts-of-a-history",
        "what a history says began with its last act at the earliest",
        f"{_PRODUCT}/customers/move_on.py",
        "max([*moved, customer.last_event_at or now])",
        "max(moved)",
        (f"{_STAGES}::test_a_stage_that_a_history_or_a_model_gives_does_not_begin_before_its_acts",),
    ),
    Mutation(
        "what-a-model-moves-is-taken-for-an-act",
        "what follows from a model or a history is marked",
        f"{_PRODUCT}/customers/advance.py",
        "now, changes, brought_over=brought_over)",
        "now, changes)",
        (f"{_STAGES}::test_a_stage_that_a_history_or_a_model_gives_does_not_begin_before_its_acts",),
    ),
    Mutation(
        "who-is-announced-is-taken-for-who-came",
        "whom a definition brings in is marked",
        f"{_PRODUCT}/memberships/follow.py",
        "brought_over=brought_over or evaluated < crossing.segment.generation",
        "brought_over=False",
        (
            "tests/integration/churn/segments/test_membership.py::test_with_announce_everybody_whom_a_segment_brings_in_or_out_is_published",
        ),
    ),
    Mutation(
        "a-late-act-dates-a-change-of-stage-back",
        "no change of stage is dated before another",
        f"{_PRODUCT}/customers/move_on.py",
        "    at = max(min(at, now), customer.stage_since or at)",
        "    at = min(at, now)",
        (f"{_STAGES}::test_no_change_of_stage_is_dated_before_another_however_late_acts_and_timers_are",),
    ),
    Mutation(
        "a-closed-ticket-leaves-the-end-of-a-stage-where-it-was",
        "an act that brings the end of a stage nearer puts it on the timer",
        f"{_PRODUCT}/memberships/follow.py",
        "if any(act.type in _MAY_END_SOONER for act in acts):",
        "if not acts:",
        (f"{_OF_STAGES}::test_a_stage_whose_end_a_closed_ticket_brings_nearer_ends_then",),
    ),
    Mutation(
        "a-change-of-stage-dates-what-reads-the-band",
        "a membership is dated by what it reads",
        f"{_PRODUCT}/memberships/states.py",
        "if source in sources and at is not None",
        "if at is not None",
        (f"{_OF_STAGES}::test_a_change_of_band_dates_what_reads_the_band_and_one_of_stage_what_reads_the_stage",),
    ),
    Mutation(
        "a-root-that-is-not-folded-is-united-in-a-batch",
        "older orders are asked for beside the batch",
        f"{_PRODUCT}/customers/merge.py",
        "self.has_orders or not self.root.is_folded or any(",
        "self.has_orders or any(",
        (f"{_UNITED}::test_a_root_of_another_zone_with_older_orders_asks_for_them_whatever_the_alias_brings",),
    ),
    Mutation(
        "a-ticket-is-pushed-out-by-deliveries",
        "tickets and words have places of their own",
        f"{_PRODUCT}/domain/signals/experience.py",
        "if one.kind in _TICKETS][-TICKETS_KEPT:]",
        "if one.kind in _TICKETS][:0]",
        (f"{_SIGNALS}::test_an_open_ticket_and_the_last_words_are_not_pushed_out_by_deliveries",),
    ),
)
