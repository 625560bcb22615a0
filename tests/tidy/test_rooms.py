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


def test_a_domain_imports_the_standard_library_the_events_and_itself_alone():
    found = []
    for source in sources("services"):
        package = f"{source.service}.domain"
        if not f"{source.module}.".startswith(f"{package}."):
            continue
        for line, name in source.imports():
            top = name.split(".")[0]
            pure = top in sys.stdlib_module_names and top not in IMPURE
            if not (pure or f"{name}.".startswith(("mandegar.events.", f"{package}."))):
                found.append(f"{source.path}:{line} imports {name}")

    assert not found, report(
        "domain/ is pure: standard library without clocks, dice and I/O, mandegar.events, itself", found
    )
