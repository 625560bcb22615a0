"""Guards of the figures of a shop: what customers count for, once and by what they have ordered."""

from mutants.mutation import Mutation

_CHURN = "services/churn/src/churn"
_KPIS = "tests/integration/churn/kpis/test_kpis.py"

MUTATIONS = (
    Mutation(
        "what-an-older-release-left-is-taken-for-counted",
        "a turnover is that of the orders beside it",
        f"{_CHURN}/domain/customer_turnover.py",
        "customer.zone is not None and counted.startswith(stamp(orders, customer.zone))",
        "customer.zone is not None",
        (f"{_KPIS}::test_what_a_release_before_has_written_is_counted_with_the_next_order",),
    ),
    Mutation(
        "the-erased-stay-in-the-figures",
        "erased customers are in no figure",
        f"{_CHURN}/kpis/erase.py",
        """        changes.add(shop, changed_counts(turnover, b""))""",
        """        changes.add(shop, changed_counts(turnover, turnover))""",
        (f"{_KPIS}::test_erased_customers_are_in_no_figure_and_come_again_as_new_ones",),
    ),
    Mutation(
        "an-alias-counts-beside-its-root",
        "customers who are one count once",
        f"{_CHURN}/customers/merge.py",
        "version=alias.version, counted=alias.counted)",
        "version=alias.version)",
        (f"{_KPIS}::test_customers_who_are_one_count_once_in_all_months",),
    ),
    Mutation(
        "figures-of-another-zone-stay",
        "an order counts in the month of its zone",
        f"{_CHURN}/domain/publication.py",
        "        recount(customer)",
        "        pass",
        (f"{_KPIS}::test_an_order_counts_in_the_month_of_its_zone",),
    ),
)
