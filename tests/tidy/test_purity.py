"""What is pure uses of the outside world the calm half of the standard library. What it may use of the product itself,
and every other rule about which room imports which, stands in ``.importlinter``.
"""

import sys
from pathlib import PurePath

from tidy.tree import Source, product, report

# What reads clocks, dice, files, networks or other processes: its answers differ from call to call.
IMPURE = frozenset(
    {"asyncio", "logging", "multiprocessing", "os", "pathlib", "random", "secrets", "shutil", "signal", "socket"}
    | {"sqlite3", "ssl", "subprocess", "tempfile", "threading", "time", "urllib"}
)
OURS = frozenset({"mandegar", "ingest", "loyalty", "churn", "notify"})
# Every domain may use these, so they are held to the same rule, and to each other.
PURE_MODULES = (
    "mandegar.calendar",
    "mandegar.months",
    "mandegar.persian",
    "mandegar.quantities",
    "mandegar.events.orders",
)
# The data of an event is a struct, whose fields the first reads; the second computes with dates; the third reads the
# lexicon in its own package, which is the same each time.
PURE_LIBRARIES = ("msgspec.structs", "persiantools.jdatetime", "vaderSentiment.vaderSentiment")


def test_domains_and_rules_import_what_gives_the_same_answer_each_time():
    pure = [source for source in product() if _is_domain_or_rules(source.path)]
    found = [
        f"{source.path}:{line} imports {name}"
        for source in pure
        for line, name in source.imports()
        if name.split(".")[0] not in OURS and not _is_pure(name)
    ]

    assert {source.service for source in pure} >= OURS - {"mandegar"}
    assert not found, report("domain/ and rules.py are pure: the standard library without clocks, dice and I/O", found)


def test_the_pure_modules_of_the_library_import_the_standard_library_and_each_other_alone():
    pure = [source for source in product() if _module(source) in PURE_MODULES]
    found = [
        f"{source.path}:{line} imports {name}"
        for source in pure
        for line, name in source.imports()
        if not _is_pure(name)
    ]

    assert len(pure) == len(PURE_MODULES)
    assert not found, report("these modules are used by every domain, so they do no I/O either", found)


def _is_domain_or_rules(path: str) -> bool:
    return "domain" in PurePath(path).parts or PurePath(path).name == "rules.py"


def _module(source: Source) -> str:
    return source.path.partition("/src/")[2].removesuffix(".py").replace("/", ".")


def _is_pure(name: str) -> bool:
    top = name.split(".")[0]
    return (top in sys.stdlib_module_names and top not in IMPURE) or f"{name}.".startswith(
        tuple(f"{module}." for module in (*PURE_MODULES, *PURE_LIBRARIES))
    )
