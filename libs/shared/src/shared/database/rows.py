"""Many rows as one argument: a JSON document that the statement reads with ``json_to_recordset``.

An array per column makes the driver look at the type of every element in Python; beyond a handful of columns one
document costs a sixth of that, and less in sum with the server's share (``docs/benchmarks.md``).
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.json import Encoder

_ENCODER = Encoder(decimal_format="string", uuid_format="hex")


def as_json(rows: Sequence[Struct]) -> str:
    """The argument for ``json_to_recordset($1::json) AS w(…)``, whose columns are named as the fields of the rows."""
    return _ENCODER.encode(rows).decode()
