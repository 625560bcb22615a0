"""Services talk through topics only, and a domain knows nothing but its subject."""

import sys

from tidy.tree import SERVICES, product, report, sources

# What reads clocks, dice, files, networks or other processes: its answers differ from call to call.
IMPURE = frozenset(
    {"asyncio", "logging", "multiprocessing", "os", "pathlib", "random", "secrets", "shutil", "signal", "socket"}
    | {"sqlite3", "ssl", "subprocess", "tempfile", "threading", "time", "urllib"}
)


def test_no_service_imports_another():
    found = [
        f"{source.path}:{line} imports {name}"
        for source in sources("services")
        for line, name in source.imports()
        if name.split(".")[0] in set(SERVICES) - {source.service}
    ]

    assert not found, report("services talk through topics only; what two of them need belongs to libs/shared", found)


def test_what_is_shared_imports_no_service():
    found = [
        f"{source.path}:{line} imports {name}"
        for source in sources("libs")
        for line, name in source.imports()
        if name.split(".")[0] in SERVICES
    ]

    assert not found, report("libs/shared must not know its users", found)


def test_the_product_does_not_import_the_local_stack_or_tests():
    found = [
        f"{source.path}:{line} imports {name}"
        for source in product()
        for line, name in source.imports()
        if name.split(".")[0] in {"mandegar_local", "harness", "pytest", "hypothesis"}
    ]

    assert not found, report("images hold libs and services alone", found)


# What a domain may use of the library beside the events: held to the same rule below.
PURE_MODULES = ("mandegar.calendar", "mandegar.quantities", "mandegar.events.orders")


def test_a_domain_imports_the_standard_library_the_events_and_itself_alone():
    found = []
    for source in sources("services"):
        package = f"{source.service}.domain"
        if not f"{source.module}.".startswith(f"{package}."):
            continue
        for line, name in source.imports():
            if not (is_pure(name) or f"{name}.".startswith(("mandegar.events.", f"{package}."))):
                found.append(f"{source.path}:{line} imports {name}")

    assert not found, report(
        "domain/ is pure: standard library without clocks, dice and I/O, events, pure modules of the library, itself",
        found,
    )


def test_the_pure_modules_of_the_library_import_the_standard_library_and_each_other_alone():
    pure = [source for source in sources("libs") if source.module in PURE_MODULES]
    found = [
        f"{source.path}:{line} imports {name}"
        for source in pure
        for line, name in source.imports()
        if not is_pure(name)
    ]

    assert len(pure) == len(PURE_MODULES)
    assert not found, report("these modules are used by every domain, so they do no I/O either", found)


def is_pure(name: str) -> bool:
    """Whether an import brings no clock, dice or I/O: of the standard library, or one of the pure modules."""
    top = name.split(".")[0]
    return (top in sys.stdlib_module_names and top not in IMPURE) or f"{name}.".startswith(
        tuple(f"{module}." for module in PURE_MODULES)
    )
