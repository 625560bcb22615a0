"""Small files and functions: what outgrows these is split by lifecycle or by use case."""

import ast
from statistics import median

from tidy.tree import everything, product, report

FILE_MAX = 300
TEST_FILE_MAX = 400
MEDIAN_MAX = 90
FUNCTION_MAX = 70
# Written by `make generate`.
GENERATED = "/customer_tables.py"


def test_no_file_is_too_long():
    found = [
        f"{source.path}: {source.lines} lines of {limit}"
        for source in everything()
        if source.lines > (limit := TEST_FILE_MAX if source.path.startswith("tests/") else FILE_MAX)
        and not source.path.endswith(GENERATED)
    ]

    assert not found, report("split these", found)


def test_half_of_the_products_files_fit_on_a_screen():
    sizes = [source.lines for source in product() if source.lines > 1]

    assert median(sizes) <= MEDIAN_MAX, f"the median file has {median(sizes)} lines; {MEDIAN_MAX} are enough"


def test_no_function_is_too_long():
    found = [
        f"{source.path}:{node.lineno} {node.name}: {length} lines of {FUNCTION_MAX}"
        for source in everything()
        for node in source.nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_MAX
    ]

    assert not found, report("split these", found)
