"""A shop takes along all rows of tables that say whose they are: no table has rows of shops and does not say so."""

from importlib import import_module

import pytest

from mandegar.moving.tables import STAY

SERVICES = ["ingest", "loyalty", "churn", "notify"]
# What is an installation's and no shop's, or follows from topics and offsets.
OF_NO_SHOP = frozenset({"applied", "brakes", "change_marks", "inbox", "offsets", "outbox_published", "rhythm"})
WHAT_TO_DO = (
    "these tables have no column `shop`, so their rows stay behind when a shop moves to another installation: give "
    "them one, or, if they hold nothing of a shop, name them in OF_NO_SHOP"
)


@pytest.mark.parametrize("service", SERVICES)
def test_every_table_says_whose_rows_it_has(service):
    metadata = import_module(f"{service}.tables").metadata
    assert {name for name, table in metadata.tables.items() if "shop" not in table.c} <= OF_NO_SHOP, WHAT_TO_DO


@pytest.mark.parametrize("service", SERVICES)
def test_what_stays_behind_is_there_and_has_a_reason(service):
    tables = import_module(f"{service}.tables").metadata.tables
    columns = {f"{name}.{column}" for name, table in tables.items() for column in table.c.keys()}  # noqa: SIM118
    left_behind = import_module(f"{service}.main").SERVICE.left_behind
    assert left_behind.keys() <= {*tables, *columns}
    assert all(left_behind.values())
    assert STAY.keys() <= {*tables}
