"""Whoever adds a table with customers in it says what becomes of its rows: in a merge, in an erasure, in an export."""

from importlib import import_module

import pytest
from sqlalchemy import Column, MetaData, Table, Text

from mandegar.database.customer_data import DELETED, of_customers

SERVICES = ["ingest", "loyalty", "churn", "notify"]
# The columns that hold the id of a customer. A new one under another name belongs here.
NAMES = frozenset({"customer_id", "subject", "published_for", "received_by", "guest_id", "browser_id"})
SAYS = ("merge", "erase", "export")
WHAT_TO_DO = (
    "these tables have a column with a customer's id and do not say what becomes of their rows when the customer turns "
    "out to be another (`merge`), when everything of them is erased, and whether an export has them: let the parts of "
    'the service provide for it, and declare info=of_customers(merge="…", erase=…, export=…) at the table'
)


def owing(metadata: MetaData) -> set[str]:
    return {
        table.name
        for table in metadata.tables.values()
        if NAMES & {*table.c.keys()} and not all(table.info.get(says) for says in SAYS)
    }


@pytest.mark.parametrize("service", SERVICES)
def test_each_table_with_customers_says_what_becomes_of_its_rows(service):
    assert not owing(import_module(f"{service}.tables").metadata), WHAT_TO_DO


@pytest.mark.parametrize("service", SERVICES)
def test_only_tables_with_customers_say_so_and_name_a_column_that_they_have(service):
    tables = import_module(f"{service}.tables").metadata.tables.values()
    declared = [table for table in tables if "merge" in table.info]
    assert not {table.name for table in declared if not NAMES & {*table.c.keys()}}
    assert not {table.name for table in declared if not {"shop", table.info["customer"]} <= {*table.c.keys()}}


@pytest.mark.parametrize("service", SERVICES)
def test_what_makes_rows_readable_is_for_rows_that_an_export_has(service):
    declared = import_module(f"{service}.main").SERVICE
    assert {*declared.exports} <= {table.export for table in declared.tables}
    assert not {*declared.more_exports} & {table.export for table in declared.tables}


def test_a_table_that_says_too_little_is_found():
    metadata = MetaData()
    Table("visits", metadata, Column("shop", Text), Column("customer_id", Text))
    info = of_customers(merge="stay", erase=DELETED)
    Table("carts", metadata, Column("shop", Text), Column("customer_id", Text), info=info)
    Table("shops", metadata, Column("shop", Text))
    assert owing(metadata) == {"visits", "carts"}
