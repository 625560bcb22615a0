"""Guards of the books, of adjustments by staff, and of what recomputes balances from the topics."""

from mutants.mutation import Mutation

_LOYALTY = "services/loyalty/src/loyalty"
_TESTS = "tests/integration/loyalty"
_ADJUSTMENTS = f"{_TESTS}/adjustments/test_adjustments.py"
_VERIFY = f"{_TESTS}/verify/test_verify.py"
_MIGRATIONS = "services/loyalty/migrations/versions"

MUTATIONS = (
    Mutation(
        "points-stay-in-the-month-of-their-former-end",
        "points are counted by their last day",
        f"{_LOYALTY}/domain/posting.py",
        "moves = previous.at != at or previous.last_day not in (0, last_day)",
        "moves = previous.at != at",
        (f"{_TESTS}/books/test_liability.py::test_another_end_of_a_lot_that_was_brought_along_moves_its_points",),
    ),
    Mutation(
        "what-is-deleted-stays-in-the-books",
        "the books are those of the ledger",
        f"{_MIGRATIONS}/0021_pre_books.py",
        '_REMOVED = _SUMMED.format(sign="-", rows="removed")',
        '_REMOVED = _SUMMED.format(sign="0 * ", rows="removed")',
        (f"{_TESTS}/books/test_periods.py::test_the_erased_stay_in_the_books_if_the_shop_keeps_them",),
    ),
    Mutation(
        "changes-wait-uncounted",
        "answers are complete at any moment",
        f"{_LOYALTY}/books/rows.py",
        "SELECT booked_on, kind, bucket, points FROM book_changes WHERE shop = $1 AND booked_on < $3",
        "SELECT booked_on, kind, bucket, points FROM book_changes WHERE shop = $1 AND booked_on < $3 AND false",
        (f"{_TESTS}/books/test_periods.py::test_what_nobody_has_added_up_yet_counts",),
    ),
    Mutation(
        "breakage-is-guessed",
        "nothing is estimated from too little",
        f"{_LOYALTY}/domain/books.py",
        "if len(counted) < COHORTS_MIN or",
        "if not counted or",
        ("tests/unit/loyalty/domain/test_books.py",),
    ),
    Mutation(
        "a-fill-changes-the-rest",
        "nothing changes a ledger",
        f"{_MIGRATIONS}/0022_pre_last_days.py",
        "OLD.last_day IS NULL AND ({new}) IS NOT DISTINCT FROM ({old})",
        "OLD.last_day IS NULL",
        (f"{_TESTS}/books/test_last_days.py",),
    ),
    Mutation(
        "a-cell-is-a-formula",
        "spreadsheets compute nothing",
        "libs/shared/src/mandegar/web/csv_answer.py",
        """return f"'{value}" if value.lstrip(" ").startswith(_FORMULA) else value""",
        "return value",
        ("tests/unit/shared/web/test_csv_answer.py",),
    ),
    Mutation(
        "an-author-approves",
        "a second person approves",
        f"{_LOYALTY}/adjustments/decide.py",
        "if may_be(self.by, row.author_key, row.author):",
        "if False:",
        (f"{_ADJUSTMENTS}::test_above_the_amount_a_second_person_approves",),
    ),
    Mutation(
        "a-rebuild-forgets-who-gave",
        "after a rebuild what an author gave in a day is still held against the limit",
        f"{_LOYALTY}/adjustments/rules.py",
        "subject in {person.subject, person.word}",
        "subject == person.subject",
        ("tests/integration/loyalty/adjustments/test_together.py",),
    ),
    Mutation(
        "two-approve",
        "an adjustment is applied once",
        f"{_LOYALTY}/adjustments/decide.py",
        "if row.state != WAITING:",
        "if False:",
        (f"{_ADJUSTMENTS}::test_two_who_approve_at_once_give_the_points_once",),
    ),
    Mutation(
        "more-is-taken-than-there-is",
        "points are never below zero",
        f"{_LOYALTY}/adjustments/apply.py",
        "if row.allow_debt else 0",
        "if True else 0",
        (f"{_ADJUSTMENTS}::test_points_are_taken_as_they_would_be_spent_and_never_below_zero",),
    ),
    Mutation(
        "what-is-not-applied-yet-is-missed",
        "the topics are read up to the stored offsets",
        f"{_LOYALTY}/verify/run.py",
        ", until=snapshot.offsets",
        "",
        (f"{_VERIFY}::test_records_that_are_not_applied_yet_do_not_count",),
    ),
    Mutation(
        "dead-letters-are-missed",
        "what was refused is not expected",
        f"{_LOYALTY}/verify/run.py",
        "account = without(account, self._snapshot.dead)",
        "account = without(account, frozenset())",
        (f"{_VERIFY}::test_an_event_that_is_a_dead_letter_is_not_missed",),
    ),
)
