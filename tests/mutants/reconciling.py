"""Guards of reconciliations: what is accepted counts once, and only if it is meant."""

from mutants.mutation import Mutation

_ROOM = "services/ingest/src/ingest/reconciling"
_TESTS = "tests/integration/ingest/reconciling"
_ACCEPTING = f"{_TESTS}/test_accepting.py"

MUTATIONS = (
    Mutation(
        "an-order-that-came-meanwhile-is-accepted-once-more",
        "what came since the comparison is not accepted",
        f"{_ROOM}/accept.py",
        'waiting = [row for row in rows if row["order_id"] not in came]',
        "waiting = [*rows]",
        (f"{_ACCEPTING}::test_what_came_since_the_comparison_is_not_accepted_once_more",),
    ),
    Mutation(
        "a-refund-gets-an-id-that-the-shop-does-not-know",
        "a part that was refunded is accepted under the shop's id of the refund alone",
        f"{_ROOM}/rules.py",
        'return "refund_id" if refunded_in_part(row, amount_is) and row["refund_id"] is None else None',
        "return None",
        (f"{_ACCEPTING}::test_a_part_that_was_refunded_needs_the_id_of_its_refund",),
    ),
    Mutation(
        "the-file-of-another-shop-is-accepted",
        "a file of which hardly any order is known is accepted if it is confirmed",
        f"{_ROOM}/start.py",
        "if warned and not confirm:",
        "if False:",
        (f"{_ACCEPTING}::test_a_file_of_another_shop_is_not_accepted_without_confirmation",),
    ),
    Mutation(
        "lines-that-came-after-the-comparison-are-forgotten",
        "a part that comes after the comparison has to be compared before anything is accepted",
        f"{_ROOM}/rows.py",
        "moved_at = $5, state = 'receiving', phase = NULL",
        "moved_at = $5",
        (f"{_ACCEPTING}::test_nothing_is_accepted_before_the_whole_file_was_compared",),
    ),
    Mutation(
        "a-file-brings-an-erased-person-back",
        "of an erased customer a line keeps no id",
        f"{_ROOM}/file_rows.py",
        "CASE WHEN c.erased_at IS NULL THEN w.customer_id END",
        "w.customer_id",
        (f"{_TESTS}/test_findings.py::test_an_erased_customer_is_neither_missing_nor_named",),
    ),
    Mutation(
        "an-order-counts-with-each-of-its-lines",
        "an order that stands twice in the file counts once",
        f"{_ROOM}/compare.py",
        'if row["first_line"] != line:',
        "if False:",
        (f"{_TESTS}/test_findings.py::test_an_order_twice_in_the_file_counts_once_and_two_amounts_are_an_error",),
    ),
    Mutation(
        "a-part-is-taken-behind-the-line-that-is-compared",
        "no part is taken while rows are compared or accepted",
        f"{_ROOM}/receive.py",
        'if reconciliation["state"] in ("comparing", "accepting"):',
        "if False:",
        (f"{_TESTS}/test_parts.py::test_no_part_is_taken_while_rows_are_compared",),
    ),
)
