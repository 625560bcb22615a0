"""Every metric stands in a catalogue, is used, and is used with the labels that it declares."""

import ast

from tidy.tree import Source, product, report

SHARED = "libs/shared/src/mandegar/telemetry/metrics.py"
KINDS = frozenset({"Counter", "Gauge", "Histogram", "Summary", "Info", "Enum"})


def _catalogues() -> list[Source]:
    """The one of everybody, and the ``metrics.py`` of a service's room."""
    return [
        source
        for source in product()
        if source.path == SHARED or (source.service and source.path.endswith("/metrics.py"))
    ]


def _declared() -> dict[str, tuple[str, ...]]:
    """Each metric's constant with its labels."""
    found = {}
    for source in _catalogues():
        for node in source.tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                assert isinstance(node.targets[0], ast.Name)
                if ast.unparse(node.value.func) in KINDS:
                    found[node.targets[0].id] = _labels(node.value)
    return found


def _labels(call: ast.Call) -> tuple[str, ...]:
    named = next((keyword.value for keyword in call.keywords if keyword.arg == "labelnames"), None)
    labels = named or (call.args[2] if len(call.args) > 2 else None)
    return tuple(ast.literal_eval(labels)) if labels else ()


def _used() -> set[str]:
    names: set[str] = set()
    for source in product():
        names |= {node.attr for node in source.nodes if isinstance(node, ast.Attribute)}
        names |= {node.id for node in source.nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return names


def test_metrics_are_made_in_catalogues_alone():
    catalogues = _catalogues()
    found = [
        f"{source.path}:{line} imports {name}"
        for source in product()
        if source not in catalogues
        for line, name in source.imports()
        if name.startswith("prometheus_client.") and name.rpartition(".")[2] in KINDS
    ]

    assert not found, report(f"declare metrics in {SHARED}, or in the metrics.py of the service", found)


def test_every_metric_in_a_catalogue_is_moved_by_somebody():
    idle = set(_declared()) - _used()

    assert not idle, report("in the catalogue, but nothing moves them", sorted(idle))


def test_every_metric_that_is_used_is_in_a_catalogue():
    declared = _declared()
    found = [
        f"{source.path}:{node.lineno} metrics.{node.attr}"
        for source in product()
        for node in source.nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "metrics"
        if node.attr.isupper() and node.attr not in declared
    ]

    assert not found, report("used, but in no catalogue", found)


def test_metrics_are_used_with_as_many_labels_as_they_declare():
    declared, found = _declared(), []
    for source in product():
        for call, name in source.called:
            *_, metric, method = ("", *name.split("."))
            if method == "labels" and len(call.args) + len(call.keywords) != len(declared.get(metric, call.args)):
                found.append(f"{source.path}:{call.lineno} {metric} has the labels {declared[metric]}")

    assert not found, report("wrong number of labels", found)


def test_no_two_metrics_share_a_name():
    names = [
        node.value.args[0].value
        for source in _catalogues()
        for node in source.tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        if node.value.args and isinstance(node.value.args[0], ast.Constant)
    ]

    assert len(names) == len(set(names)), sorted(name for name in names if names.count(name) > 1)
