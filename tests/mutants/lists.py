"""Guards of what lists are counted by, and of the walk over changed customers."""

from mutants.mutation import Mutation

_CHURN = "services/churn/src/churn"
_CHANGES = "tests/integration/churn/changes/test_changes.py"

MUTATIONS = (
    Mutation(
        "changes-that-commit-late-are-left-out",
        "a change that commits after a later one is listed",
        f"{_CHURN}/changes/rows.py",
        "AND changed_in < {_FIRST_RUNNING}",
        "AND {_FIRST_RUNNING} > 0",
        (f"{_CHANGES}::test_a_change_that_commits_after_a_later_one_is_not_missed",),
    ),
    Mutation(
        "a-segment-that-is-entered-is-no-change",
        "who enters or leaves a segment has changed",
        f"{_CHURN}/memberships/rows.py",
        "await _note_changes(connection, {place.key for place in (*entered, *gone)})",
        "await _note_changes(connection, set())",
        (f"{_CHANGES}::test_what_only_looks_at_the_shop_is_no_change_and_a_tier_or_segment_is",),
    ),
    Mutation(
        "an-alias-is-counted-among-all",
        "an estimate speaks of the customers who can be in a segment",
        "services/churn/migrations/versions/0022_pre_lists.py",
        "IF {_WAS} <> {_IS} THEN",
        "IF {_WAS} < {_IS} THEN",
        ("tests/integration/churn/counts/test_counts.py",),
    ),
)
