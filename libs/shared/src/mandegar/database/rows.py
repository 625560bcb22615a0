"""Many rows as one argument: a JSON document that the statement reads with ``json_to_recordset``.

An array per column makes the driver look at the type of every element in Python; beyond a handful of columns one
document costs a sixth of that, and less in sum with the server's share (``docs/benchmarks.md``).
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.json import Encoder

_ENCODER = Encoder(decimal_format="string", uuid_format="hex")


class _Key(Struct, frozen=True):
    shop: str
    customer_id: str


def as_json(rows: Sequence[object]) -> str:
    """The argument for ``json_to_recordset($1::json) AS w(…)``, whose columns are named as the fields of the rows.

    Rows are structs or dataclasses.
    """
    return _ENCODER.encode(rows).decode()


def keys_as_json(keys: Iterable[tuple[str, str]]) -> str:
    """Customers as the argument for ``json_to_recordset($1::json) AS w(shop text, customer_id text)``."""
    return as_json([_Key(shop, customer_id) for shop, customer_id in keys])
