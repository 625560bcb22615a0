"""The table of ACLs is what the services declare, and the manual prints it."""

from importlib import import_module
from pathlib import Path

import pytest

from mandegar.kafka.acls import ACCESS, acls_of

MANUAL = Path(__file__).parents[4] / "docs/operations.md"


@pytest.mark.parametrize("service", ACCESS)
def test_a_service_reads_the_topics_and_joins_the_groups_that_it_declares(service):
    declared = import_module(f"{service}.main").SERVICE
    subscribed = [*declared.subscriptions.values(), *declared.rebuild_subscriptions.values()]
    records = [f"{service}.{read.group}" for part in declared.parts for read in part.records]

    assert set(ACCESS[service].reads) == {topic for subscription in subscribed for topic in subscription.topics}
    assert set(ACCESS[service].groups) == {*declared.subscriptions, *records}


def test_no_topic_is_written_by_two_services():
    written = [topic for access in ACCESS.values() for topic in access.writes]

    assert len(written) == len(set(written)) == 5


@pytest.mark.parametrize("service", ACCESS)
def test_the_manual_lists_every_acl(service):
    row = next(line for line in MANUAL.read_text().splitlines() if line.startswith(f"| `{service}` | Write"))

    assert row == f"| `{service}` | {'; '.join(_cell(service))} |"


def _cell(service: str) -> list[str]:
    by_operation: dict[tuple[str, str], list[str]] = {}
    for acl in acls_of(service):
        name = f"`{acl.name}*`" if acl.prefixed else f"`{acl.name}`"
        by_operation.setdefault((acl.operation, acl.resource), []).append(name)
    return [f"{operation} {resource} {', '.join(names)}" for (operation, resource), names in by_operation.items()]
