"""What each service deletes and exports of a customer, from the declarations at the definitions of its tables."""

from functools import partial
from importlib import import_module

from sqlalchemy import Table

from mandegar.database.customer_data import DELETED, CustomerTable, NotExported
from mandegar.database.tables import customers_table, new_metadata

SERVICES = ("ingest", "loyalty", "churn", "notify")
_OWN = frozenset(customers_table(new_metadata()).c.keys())
_HEAD = '''"""The tables with customers, as ``tables.py`` declares them. Written by ``make generate``."""

from mandegar.database.customer_data import CustomerTable

'''


def customer_table(table: Table) -> CustomerTable | None:
    """A table as its declaration says; None if nothing of it is deleted or exported."""
    declared = table.info
    customer = declared.get("customer", "customer_id")
    exported = declared["export"] and not isinstance(declared["export"], NotExported)
    own = [column for column in table.c if table.name == "customers" and column.name not in _OWN]
    if not exported and declared["erase"] != DELETED and not own:
        return None
    return CustomerTable(
        name=table.name,
        customer=customer,
        columns=tuple(table.c.keys()),
        key=tuple(column.name for column in table.primary_key if column.name not in {"shop", customer}),
        deleted=declared["erase"] == DELETED,
        export=str(declared["export"]) if exported else None,
        emptied=tuple(column.name for column in own if "stays" not in column.info),
    )


def module(service: str) -> str:
    """The source of the service's ``customer_tables.py``."""
    tables = [
        found
        for table in import_module(f"{service}.tables").metadata.sorted_tables
        if "merge" in table.info and (found := customer_table(table)) is not None
    ]
    return f"{_HEAD}CUSTOMER_TABLES = (\n{''.join(map(_written, tables))})\n"


def _written(table: CustomerTable) -> str:
    defaults = CustomerTable._field_defaults
    lines = [
        f"        {name}={_value(value)},\n"
        for name, value in table._asdict().items()
        if name not in defaults or value != defaults[name]
    ]
    return f"    CustomerTable(\n{''.join(lines)}    ),\n"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return _list([*value]) if value else "()"
    return _text(value) if isinstance(value, str) else repr(value)


def _list(names: list[str]) -> str:
    short = f"({', '.join(map(_text, names))}{',' if len(names) == 1 else ''})"
    if len(short) <= 90:
        return short
    return f"(\n{''.join(f'            {_text(name)},' + chr(10) for name in names)}        )"


def _text(value: str) -> str:
    return f'"{value}"'


MODULES = {f"services/{name}/src/{name}/customer_tables.py": partial(module, name) for name in SERVICES}
