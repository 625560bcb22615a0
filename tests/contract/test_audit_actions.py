"""Every operation that changes something declares what it is called in the audit, and a test carries it out."""

import re

import pytest

from harness.acts import ACTS
from harness.apps import SERVICES, app_without_database
from harness.operations import operations

OPERATIONS = [
    operation
    for name, service in SERVICES.items()
    for operation in operations(name, app_without_database(service).openapi())
]
# Operations that are no GET and yet have no line in the audit, with the reason.
UNAUDITED = {
    "ingest POST /v1/events": "a door: the source is told by its key, and the events are its history",
    "notify POST /u/{token}": "an act of a customer: the history of the consent records it",
    "notify POST /v1/journeys/{name}/preview": "it stores and sends nothing",
    "churn POST /v1/segments/estimate": "it stores nothing",
    "loyalty POST /v1/programme/simulate": "it stores nothing",
    "loyalty POST /v1/customers:find": "it stores a count alone; the number is in the body, so that no log has it",
}


def declared(operation) -> str | None:
    return operation.document.get("x-mandegar-audit")


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_operation_that_changes_something_has_a_name_in_the_audit(operation):
    action = declared(operation)
    if operation.method == "GET" or str(operation) in UNAUDITED:
        assert action is None
        return

    assert action is not None, (
        f"{operation} changes something and would leave no line in the audit: declare openapi_extra=audited(...) and "
        "pass its Act to as_shop_writing or transaction_of, or list it here with the reason"
    )
    assert re.fullmatch(r"[a-z]+\.[a-z]+", action)
    assert action in ACTS[operation.service], (
        f"say in tests/harness/acts.py how {operation} is carried out, so that its line is tested"
    )


def test_no_two_operations_of_a_service_have_the_same_name_and_every_name_is_tested():
    for service, acts in ACTS.items():
        names = [name for operation in OPERATIONS if operation.service == service and (name := declared(operation))]
        assert sorted(names) == sorted(acts)


def test_the_list_of_exceptions_names_operations_that_exist():
    assert set(UNAUDITED) <= {str(operation) for operation in OPERATIONS}
