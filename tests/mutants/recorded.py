"""Guards of what is read again of a shop: each fact once, with the person whose it is, and nothing of the erased."""

from mutants.mutation import Mutation

_TESTS = "tests/integration/loyalty/recorded/test_recorded.py"
_LIVED = f"{_TESTS}::test_the_accounts_are_those_that_loyalty_has_made_whoever_is_merged_split_or_erased"

MUTATIONS = (
    Mutation(
        "what-stood-before-a-split-is-erased-with-the-alias",
        "facts of a root",
        "libs/shared/src/mandegar/rebuild/persons.py",
        """        if turn.kind == SPLIT:
            break
    erasures = [""",
        """    erasures = [""",
        ("tests/unit/loyalty/recorded/test_persons.py",),
    ),
    Mutation(
        "the-erased-are-read-again",
        "nothing of the erased",
        "libs/shared/src/mandegar/rebuild/persons.py",
        "            if _is_erased(turns, place, recorded_at):",
        "            if False:",
        (_LIVED,),
    ),
    Mutation(
        "another-shop-is-read-whose-id-begins-alike",
        "one shop's facts",
        "libs/shared/src/mandegar/rebuild/topic_records.py",
        "event.shop != self._shop or ",
        "",
        (f"{_TESTS}::test_a_shop_is_read_from_the_topic_without_the_others",),
    ),
)
