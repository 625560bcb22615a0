"""Guards of the figures of a shop: what customers count for, once and by what they have ordered."""

from mutants.mutation import Mutation

_CHURN = "services/churn/src/churn"
_KPIS = "tests/integration/churn/kpis/test_kpis.py"
_DIMENSIONS = "tests/integration/churn/kpis/test_dimensions.py"
_CONTRACTS = "tests/unit/churn/domain/test_contracts.py"

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
        "            counted=alias.counted,\n",
        "",
        (f"{_KPIS}::test_customers_who_are_one_count_once_in_all_months",),
    ),
    Mutation(
        "a-browser-visits-beside-its-customer",
        "a browser and the customer behind it are one visitor",
        f"{_CHURN}/customers/merge.py",
        "counted_visits=alias.counted_visits,",
        "",
        ("tests/integration/churn/kpis/test_visitors.py::test_a_browser_becomes_its_customer_and_both_can_be_erased",),
    ),
    Mutation(
        "a-first-order-and-a-new-member-pass-each-other",
        "who becomes a member with the first order counts as one",
        f"{_CHURN}/dimensions/apply.py",
        "        await share_first_orders(connection, first)",
        "        pass",
        (f"{_DIMENSIONS}::test_a_first_order_and_the_news_of_a_new_member_at_one_time_lose_neither",),
    ),
    Mutation(
        "the-erased-stay-in-their-parts",
        "erased customers are in no figure",
        f"{_CHURN}/dimensions/erase.py",
        "await load(connection, {each.customer for each in erased}), {})",
        "{}, {})",
        (f"{_DIMENSIONS}::test_refunds_late_orders_moves_merges_and_erasures_move_parts",),
    ),
    Mutation(
        "an-order-speaks-for-those-before-it",
        "where an earlier order names no channel, the source is not known",
        f"{_CHURN}/domain/dimensions.py",
        "if first is not None and _earliest_span(first.at_us) <= first_span:",
        "if first is not None:",
        ("tests/unit/churn/domain/test_dimensions.py::test_an_order_says_nothing_of_who_has_bought_before_it",),
    ),
    Mutation(
        "an-earlier-answer-counts-again",
        "the latest answer of a customer to a survey counts in a month",
        f"{_CHURN}/domain/satisfaction.py",
        "    for answer in sorted(answers, key=_order):",
        "    for answer in answers:",
        ("tests/unit/churn/domain/test_satisfaction.py::test_what_is_kept_counts_as_all_answers_do_in_any_zone",),
    ),
    Mutation(
        "answers-of-an-alias-count-beside-those-of-its-root",
        "customers who are one answer once",
        f"{_CHURN}/counted_facts/merge.py",
        "[*roots.values(), *taken.values()]",
        "[*roots.values()]",
        ("tests/integration/churn/kpis/test_satisfaction.py::test_customers_who_are_one_answer_once",),
    ),
    Mutation(
        "an-end-ends-what-was-told-later",
        "a renewal that is told after the end of a contract stands",
        f"{_CHURN}/domain/contracts.py",
        "(end.ends_us > start.starts_us and end.at_us >= start.at_us)",
        "(end.ends_us > start.starts_us)",
        (f"{_CONTRACTS}::test_they_are_those_of_a_reader_who_goes_day_by_day",),
    ),
    Mutation(
        "who-swaps-contracts-has-left",
        "a customer moves once from one month to the next",
        f"{_CHURN}/domain/contract_counting.py",
        "    at_end = {_month(day, calendar): level for day, level in levels}",
        "    at_end = {_month(day + 1, calendar): level for day, level in levels}",
        (f"{_CONTRACTS}::test_they_are_those_of_a_reader_who_goes_day_by_day",),
    ),
    Mutation(
        "a-forecast-is-checked-before-its-days-are-over",
        "a forecast is held against all of its four weeks",
        f"{_CHURN}/models/forecast_rows.py",
        "day + $3::int <= $2",
        "day + $3::int <= $2::date + 1",
        ("tests/integration/churn/models/test_forecasts.py::test_a_forecast_is_held_against_what_its_customers_paid",),
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
