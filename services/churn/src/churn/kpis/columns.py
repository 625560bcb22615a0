"""The columns of the CSV with cohorts."""

COHORT_COLUMNS = (
    *("cohort", "cohort_customers", "since", "month", "complete", "customers", "retention", "orders", "revenue"),
    "revenue_per_customer",
)
