"""A module is named for its use case. These names are buckets: whatever has no place ends there."""

from pathlib import PurePath

from tidy.tree import everything, report

BUCKETS = frozenset(
    {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "misc", "service", "shared"}
)
# The library's word for what it runs, and the tests of the library, whose folder is libs/shared.
ALLOWED = (
    "libs/shared/src/mandegar/service/",
    "libs/shared/",
    "tests/unit/shared/service/",
    "tests/unit/shared/",
    "tests/integration/shared/",
)


def test_no_module_is_a_bucket():
    found = [
        source.path
        for source in everything()
        if BUCKETS & {part.removesuffix(".py").strip("_") for part in _own_parts(source.path)}
    ]

    assert not found, report(f"name the use case instead of {', '.join(sorted(BUCKETS))}", found)


def _own_parts(path: str) -> tuple[str, ...]:
    """The parts of a path behind the folder whose name is allowed."""
    for allowed in ALLOWED:
        path = path.removeprefix(allowed)
    return PurePath(path).parts
