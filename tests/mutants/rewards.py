"""Guards of rewards: what a catalogue may say, and who can have what."""

from mutants.mutation import Mutation

_DOMAIN = "services/loyalty/src/loyalty/domain/rewards.py"
_DOMAIN_TESTS = ("tests/unit/loyalty/domain/test_rewards.py",)
_DOCUMENT = "services/loyalty/src/loyalty/rewards/document.py"
_DOCUMENT_TESTS = ("tests/unit/loyalty/rewards/test_document.py",)

MUTATIONS = (
    Mutation(
        "a-reward-has-a-negative-price",
        "a price is at least 0",
        _DOCUMENT,
        "    price: Annotated[WholeNumber, Field(ge=0, le=POINTS_MAX)]",
        "    price: WholeNumber",
        _DOCUMENT_TESTS,
    ),
    Mutation(
        "two-rewards-have-one-name",
        "a name is that of one reward",
        _DOCUMENT,
        "            if name in names[:place]",
        "            if False",
        _DOCUMENT_TESTS,
    ),
    Mutation(
        "points-that-are-owed-buy-rewards",
        "who owes points takes nothing that has a price",
        _DOMAIN,
        "if reward.price > purse.available or (purse.debt and reward.price):",
        "if reward.price > purse.available:",
        _DOMAIN_TESTS,
    ),
    Mutation(
        "points-that-expire-before-are-promised",
        "what expires before a hold ends is not usable then",
        _DOMAIN,
        "        while expiring and expiring[0][0] <= at:",
        "        while False:",
        _DOMAIN_TESTS,
    ),
    Mutation(
        "a-limit-counts-what-was-long-ago",
        "a use counts for the days of the limit",
        _DOMAIN,
        "[at for at in taken if at > now - limit.days * DAY_US]",
        "taken",
        _DOMAIN_TESTS,
    ),
)
