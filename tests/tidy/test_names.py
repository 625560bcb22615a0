"""A module is named for its use case. These names are buckets: whatever has no place ends there."""

from pathlib import PurePath

from tidy.tree import everything, report

BUCKETS = frozenset({"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "misc", "service"})


def test_no_module_is_a_bucket():
    found = [
        source.path
        for source in everything()
        if BUCKETS & {part.removesuffix(".py").strip("_") for part in PurePath(source.path).parts}
    ]

    assert not found, report(f"name the use case instead of {', '.join(sorted(BUCKETS))}", found)
