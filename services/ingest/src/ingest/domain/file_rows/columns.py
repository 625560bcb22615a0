"""Which column of a file means what: by a mapping, else by its name. Decided before any row is read."""

from collections.abc import Collection, Mapping, Sequence

from ingest.domain.attributes import NAME
from ingest.domain.file_rows.row_error import WrongColumns
from ingest.domain.file_rows.targets import ATTRIBUTE, OF_A_LINE, REQUIRED, TARGETS, Kind, plain_name

COLUMNS_MAX = 500
NAMED_MAX = 30


def match_columns(
    kind: Kind,
    header: Sequence[str],
    mapping: Mapping[str, str],
    required: Sequence[Sequence[str]] | None = None,
) -> dict[str, str]:
    """The column of each target that the file has; raises ``WrongColumns``.

    ``mapping`` names the columns of targets; it wins over what their names say. An empty name leaves a target out. Of
    each group of ``required`` there is one at least; by default, what rows of this kind need.
    """
    if len(header) > COLUMNS_MAX:
        raise WrongColumns("too_many_columns", f"the file has more than {COLUMNS_MAX} columns; is the delimiter right?")
    columns = {target: _mapped(kind, target, column, header) for target, column in mapping.items() if column}
    taken = {*columns.values()}
    for target in TARGETS[kind]:
        if target not in mapping and (column := _recognised(kind, target, header, taken)) is not None:
            columns[target] = column
    for group in REQUIRED[kind] if required is None else required:
        if not any(target in columns for target in group):
            raise _missing(group, header)
    return columns


def has_lines(columns: Collection[str]) -> bool:
    """Whether rows of the file are lines of orders, so that consecutive rows of one order are one order."""
    return "items" not in columns and any(target in columns for target in OF_A_LINE)


def _mapped(kind: Kind, target: str, column: str, header: Sequence[str]) -> str:
    is_attribute = kind == "customers" and target.startswith(ATTRIBUTE) and NAME.fullmatch(target[len(ATTRIBUTE) :])
    if target not in TARGETS[kind] and not is_attribute:
        more = f", and {ATTRIBUTE}NAME" if kind == "customers" else ""
        known = ", ".join(TARGETS[kind])
        raise WrongColumns("unknown_target", f"the mapping names {target}; {kind} have {known}{more}")
    found = header.count(column)
    if not found:
        raise WrongColumns("unknown_column", f"the mapping of {target} names no column of the file; {_has(header)}")
    if found > 1:
        raise WrongColumns("column_twice", f"the file has {found} columns named {column}; rename one of them")
    return column


def _recognised(kind: Kind, target: str, header: Sequence[str], taken: Collection[str]) -> str | None:
    """The free column whose name says that it is the target's."""
    names = (plain_name(target), *TARGETS[kind][target].names)
    found = [column for column in header if column not in taken and plain_name(column) in names]
    own = [column for column in found if plain_name(column) == names[0]]
    found = own or found
    if len(found) > 1:
        both = ", ".join(f'"{column}"' for column in found[:NAMED_MAX])
        raise WrongColumns(
            "column_twice",
            f"{both} may each be {target}; say which in the mapping, or map {target} to nothing",
            f"several fields may be {target}; say which in the mapping",
        )
    return found[0] if found else None


def _missing(group: Sequence[str], header: Sequence[str]) -> WrongColumns:
    wanted = " or ".join(group)
    hint = "; is the delimiter right?" if len(header) == 1 else ""
    return WrongColumns(
        "missing_column",
        f"no column is {wanted}; name it in the mapping, as in {group[0]}=COLUMN. {_has(header)}{hint}",
        f"no field is {wanted}; name it in the mapping",
    )


def _has(header: Sequence[str]) -> str:
    named = ", ".join(f'"{column}"' for column in header[:NAMED_MAX])
    more = f" and {len(header) - NAMED_MAX} more" if len(header) > NAMED_MAX else ""
    return f"the file has the columns {named}{more}"
