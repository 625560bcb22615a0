"""Guards of what acts other than purchases earn."""

from mutants.mutation import Mutation

_LOYALTY = "services/loyalty/src/loyalty"
_ACTS = f"{_LOYALTY}/domain/acts.py"
_UNIT = "tests/unit/loyalty/domain/test_acts.py"
_EARNING = "tests/integration/loyalty/earning/test_acts.py"
_BUDGETS = "tests/integration/loyalty/earning/test_budgets.py"
_LEAVES_NOTHING = f"{_EARNING}::test_acts_of_shops_without_a_rule_leave_nothing_behind"

MUTATIONS = (
    Mutation(
        "an-act-is-paid-by-a-rule-that-came-later",
        "acts from before the version was stored earn nothing: whoever rebuilds loyalty finds them",
        _ACTS,
        " or (acts.since is not None and self.earned_at < acts.since)",
        "",
        (f"{_UNIT}::test_acts_from_before_the_version_was_stored_are_not_paid",),
    ),
    Mutation(
        "an-act-is-paid-wherever-it-is-done",
        "a rule that asks for a channel or a branch pays nothing that was done elsewhere",
        _ACTS,
        "        if not any(rule.is_for(*place) for place in lot.places):",
        "        if False:",
        (f"{_UNIT}::test_a_rule_pays_what_is_done_on_its_channel_in_its_branch",),
    ),
    Mutation(
        "a-cap-lets-everything-through",
        "an act is given no more than the caps leave",
        _ACTS,
        "        given = self.room(lot, rule.points)",
        "        given = rule.points",
        (f"{_UNIT}::test_a_cap_cuts_off_or_refuses_what_goes_beyond_it",),
    ),
    Mutation(
        "a-cap-does-not-count-orders",
        "orders under a cap earn no more than it leaves",
        f"{_LOYALTY}/domain/ceiling.py",
        "difference if lot.programme.acts is None else caps.room(lot, difference)",
        "difference",
        (f"{_UNIT}::test_an_order_under_a_cap_gives_its_room_back_when_it_is_refunded",),
    ),
    Mutation(
        "a-refund-gives-no-room-back",
        "what is taken back no longer counts for a cap",
        f"{_LOYALTY}/domain/timeline.py",
        "judge.record(lot, lot.given - before)",
        "judge.record(lot, max(lot.given - before, 0))",
        (f"{_UNIT}::test_an_order_under_a_cap_gives_its_room_back_when_it_is_refunded",),
    ),
    Mutation(
        "a-rule-does-not-remember-that-it-paid",
        "a cooldown runs from when the rule paid last",
        _ACTS,
        "        self._last[rule.name] = lot.earned_at\n",
        "",
        (f"{_UNIT}::test_a_rule_refuses_what_its_conditions_do_not_allow",),
    ),
    Mutation(
        "acts-that-depend-on-others-are-remembered",
        "an account with acts that depend on others is walked",
        f"{_LOYALTY}/domain/forward.py",
        "    if grants or credit or not all(map(stands_alone, lots)):",
        "    if grants or credit:",
        ("tests/unit/loyalty/domain/test_remembered.py::test_remembered_is_walked_with_acts",),
    ),
    Mutation(
        "acts-without-a-rule-are-claimed-and-locked",
        "events that concern nobody leave nothing behind",
        "libs/shared/src/mandegar/lanes/application.py",
        "    return [item for item in readable if item.event.type not in types or item.event.id.int in heeded]",
        "    return readable",
        (_LEAVES_NOTHING,),
    ),
    Mutation(
        "profiles-without-a-rule-are-kept",
        "profiles that other parts read are kept as acts only where a rule is about them",
        f"{_LOYALTY}/earning/apply.py",
        "events = [event for event in events if event.type != COMPLETED or event.id in heeded]",
        "events = [*events]",
        (f"{_EARNING}::test_profiles_of_shops_without_a_rule_about_them_are_no_acts",),
    ),
    Mutation(
        "a-budget-is-overdrawn",
        "a budget gives no more than it has",
        f"{_LOYALTY}/account/draw.py",
        "points = min(wish.more, max(wish.pot.points - used[period] - changes[period], 0))",
        "points = wish.more",
        (f"{_BUDGETS}::test_a_budget_gives_until_it_is_exhausted_and_says_so",),
    ),
    Mutation(
        "what-loses-its-place-keeps-its-points",
        "an act that is worth less gives back what a budget gave",
        f"{_LOYALTY}/domain/budgets.py",
        "    elif lot.drawn > lot.asked:",
        "    elif False:",
        (f"{_BUDGETS}::test_an_act_that_loses_its_place_gives_its_points_back",),
    ),
    Mutation(
        "a-rebuild-forgets-what-budgets-gave",
        "what a budget gave for an act is a fact of the act after a rebuild",
        f"{_LOYALTY}/account/rebuild_draws.py",
        "        facts[event.customer].append("
        "(key_of_act(event.data.act.type, event.data.act.id), draw_fact(event)))\n",
        "        pass\n",
        (f"{_BUDGETS}::test_a_rebuild_knows_who_was_given_what",),
    ),
)
