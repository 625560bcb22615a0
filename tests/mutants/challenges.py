"""Guards of challenges and badges."""

from mutants.mutation import Mutation

_DOMAIN = "services/loyalty/src/loyalty/domain"
_PROPERTIES = "tests/unit/loyalty/domain/test_challenges_properties.py"
_ACCOUNT = "tests/integration/loyalty/account/test_challenges.py"

MUTATIONS = (
    Mutation(
        "a-challenge-stays-completed-after-a-refund",
        "points of a challenge are taken back with what counted for it",
        f"{_DOMAIN}/challenges.py",
        "            while len(standing) > number:",
        "            while len(standing) > number + 1_000:",
        (f"{_ACCOUNT}::test_a_refund_takes_points_and_badge_back_and_another_order_gives_them_again",),
    ),
    Mutation(
        "a-challenge-is-completed-more-often-than-it-may-be",
        "a challenge is completed at most so often as it says",
        f"{_DOMAIN}/tallies.py",
        "        return min(found, challenge.times)",
        "        return found",
        (f"{_ACCOUNT}::test_more_orders_than_a_challenge_asks_for_complete_it_once",),
    ),
    Mutation(
        "an-account-goes-on-without-the-orders-of-a-challenge",
        "news that may count for a challenge make the account be walked",
        f"{_DOMAIN}/stored_orders.py",
        "    if have_challenges(programmes) and any(",
        "    if not news and any(",
        (f"{_ACCOUNT}::test_an_account_of_many_orders_goes_on_counting",),
    ),
    Mutation(
        "a-completion-is-told-again",
        "a customer is told of a completion once",
        f"{_DOMAIN}/achievements.py",
        "            if told is None:",
        "            if told is None or lost is None:",
        (f"{_PROPERTIES}::test_what_is_told_adds_up_to_what_stands",),
    ),
    Mutation(
        "a-rebuild-forgets-what-customers-were-told",
        "after a rebuild nothing is announced again",
        "services/loyalty/src/loyalty/account/rebuild_achievements.py",
        '            if event.type == "challenge.completed":',
        '            if event.type == "challenge.undone":',
        (f"{_ACCOUNT}::test_a_rebuild_comes_to_the_same_and_says_nothing_again",),
    ),
    Mutation(
        "acts-from-before-a-challenge-count",
        "acts from before the version was stored do not count: whoever rebuilds loyalty finds them",
        f"{_DOMAIN}/challenges.py",
        "            if challenges.since is not None and at < challenges.since:",
        "            if challenges.since is None and at < at:",
        (f"{_PROPERTIES}::test_acts_from_before_the_challenge_was_stored_do_not_count",),
    ),
    Mutation(
        "what-is-given-back-to-a-completion-is-about-an-order",
        "a correction is about the same order as what it corrects",
        "services/loyalty/src/loyalty/account/entries.py",
        "    if posted.reduced or (entry.nth and attained_of(order.order_id) is not None):",
        "    if posted.reduced:",
        (f"{_ACCOUNT}::test_what_a_completion_lost_is_given_back_to_it_once_there_never_was_one",),
    ),
)
