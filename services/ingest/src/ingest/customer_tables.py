"""The tables with customers, as ``tables.py`` declares them. Written by ``make generate``."""

from mandegar.database.customer_data import CustomerTable

CUSTOMER_TABLES = (
    CustomerTable(
        name="audit",
        customer="subject",
        columns=(
            "id",
            "at",
            "shop",
            "key_id",
            "action",
            "target",
            "result",
            "subject",
            "address",
            "request_id",
            "times",
        ),
        key=("id",),
        export="acts",
    ),
    CustomerTable(
        name="customers",
        customer="customer_id",
        columns=(
            "shop",
            "customer_id",
            "partition",
            "due_at",
            "alias_of",
            "merged_into",
            "merge_version",
            "erased_at",
            "erased_by",
            "erasure_version",
            "erased_before",
            "erased_profile",
            "version",
            "profile",
        ),
        key=(),
        export="customers",
        emptied=("version", "profile"),
    ),
)
