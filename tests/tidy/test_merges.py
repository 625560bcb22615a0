"""Whoever adds a table with customers in it says what becomes of its rows once one turns out to be another."""

from importlib import import_module

import pytest
from sqlalchemy import Column, MetaData, Table, Text

SERVICES = ["ingest", "loyalty", "churn", "notify"]
# The columns that hold the id of a customer. A new one under another name belongs here.
NAMES = frozenset({"customer_id", "subject", "published_for", "received_by", "guest_id", "browser_id"})
WHAT_TO_DO = (
    "these tables have a column with a customer's id and do not say what becomes of their rows when the customer turns "
    'out to be another: let the part\'s `merge` provide for them, and declare info=of_customers(merge="…") at the table'
)


def owing(metadata: MetaData) -> set[str]:
    return {
        table.name for table in metadata.tables.values() if NAMES & {*table.c.keys()} and not table.info.get("merge")
    }


@pytest.mark.parametrize("service", SERVICES)
def test_each_table_with_customers_says_how_its_rows_merge(service):
    assert not owing(import_module(f"{service}.tables").metadata), WHAT_TO_DO


@pytest.mark.parametrize("service", SERVICES)
def test_only_tables_with_customers_say_so(service):
    tables = import_module(f"{service}.tables").metadata.tables.values()
    assert not {table.name for table in tables if "merge" in table.info and not NAMES & {*table.c.keys()}}


def test_a_table_that_says_nothing_is_found():
    metadata = MetaData()
    Table("visits", metadata, Column("shop", Text), Column("customer_id", Text))
    Table("shops", metadata, Column("shop", Text))
    assert owing(metadata) == {"visits"}
