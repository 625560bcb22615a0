"""Every event that the documentation shows is posted to the door, which accepts it."""

import json

import pytest

from harness.apps import SERVICES, app_without_database
from ingest.doors.catalogue.examples import EXAMPLES, as_cloud_event

CONTENT = app_without_database(SERVICES["ingest"]).openapi()["paths"]["/v1/events"]["post"]["requestBody"]["content"]


async def test_all_examples_together_are_accepted_without_a_note(ingest):
    answer = await ingest.send(list(EXAMPLES.values()))

    results = {result["id"]: result for result in answer.json()["results"]}
    assert answer.status_code == 202
    for type_, event in EXAMPLES.items():
        result = results[event["id"]]
        assert (result["status"], result["code"], result["detail"]) == ("accepted", None, None), type_
        # What customer.identified changes is published under ids of its own.
        assert bool(result["event_id"]) == (type_ != "customer.identified")


@pytest.mark.parametrize("type_", CONTENT["application/json"]["examples"])
async def test_an_example_of_openapi_is_accepted_alone(ingest, type_):
    assert await ingest.results(CONTENT["application/json"]["examples"][type_]["value"]) == [("accepted", None)]


@pytest.mark.parametrize("type_", EXAMPLES)
async def test_an_example_is_accepted_as_a_cloud_event_in_each_mode(ingest, type_):
    event = as_cloud_event(EXAMPLES[type_])
    structured = {"Content-Type": "application/cloudevents+json"}
    assert await ingest.results(json.dumps(event).encode(), headers=structured) == [("accepted", None)]

    attributes = {f"ce-{name}": value for name, value in event.items() if name not in ("data", "datacontenttype")}
    body = json.dumps(event["data"]).encode()
    assert await ingest.results(body, headers=attributes) == [("duplicate", None)]


async def test_the_cloud_events_of_openapi_are_accepted(ingest):
    for media in ("application/cloudevents+json", "application/cloudevents-batch+json"):
        body = json.dumps(CONTENT[media]["example"]).encode()
        results = await ingest.results(body, headers={"Content-Type": media})
        assert {status for status, _ in results} <= {"accepted", "duplicate"}


async def test_a_type_that_is_not_known_stands_in_quarantine_with_the_one_that_was_meant(ingest):
    answer = await ingest.send({**EXAMPLES["order.paid"], "type": "order.payed"})

    (result,) = answer.json()["results"]
    assert (result["status"], result["code"]) == ("quarantined", "unknown_type")
    assert "did you mean order.paid" in result["detail"]
    (entry,) = (await ingest.ask("GET", "/v1/quarantine")).json()["quarantine"]
    assert "did you mean order.paid" in entry["detail"]
