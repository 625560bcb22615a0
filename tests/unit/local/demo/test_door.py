"""Posting through a door that answers late, twice, or not at all."""

import httpx2
import orjson
import pytest

from mandegar_local.demo.door import Answers, Door, post_all
from mandegar_local.demo.retrying_client import RetryingClient
from mandegar_local.stack_error import StackError


class Ingest:
    """A door with a memory of ids; `script` holds what happens to the next requests before it answers normally."""

    def __init__(self, *script):
        self.script, self.known, self.requests = list(script), set(), 0

    def __call__(self, request):
        self.requests += 1
        step = self.script.pop(0) if self.script else None
        if step == "away":
            raise httpx2.ConnectError("refused")
        if step == "busy":
            return httpx2.Response(503, headers={"Retry-After": "0"})
        results = [self._result(event, step) for event in orjson.loads(request.content)]
        if step == "answer lost":
            raise httpx2.ReadError("reset")
        return httpx2.Response(202, json={"results": results})

    def _result(self, event, step):
        if step == "retry the second" and event["id"] == "b":
            return {"id": event["id"], "status": "retry"}
        status = "duplicate" if event["id"] in self.known else "accepted"
        self.known.add(event["id"])
        return {"id": event["id"], "status": status}


def event(id_):
    return {"id": id_, "type": "order.paid"}


async def posted(ingest, *batches, seconds=60.0):
    said = []
    patient = RetryingClient("token", said.append, seconds=seconds, transport=httpx2.MockTransport(ingest))
    door = Door(patient, "http://ingest", "key", Answers())
    answered = []
    await post_all(door, batches, answered.append)
    await patient.close()
    assert sum(answered) == door.answers.posted
    return door.answers, said


async def test_every_event_is_counted_once_by_its_answer():
    answers, _ = await posted(Ingest(), [event("a"), event("b")], [event("c")])

    assert answers.posted == 3
    assert answers.statuses == {"accepted": 3}
    assert answers.known == {"order.paid": {"a", "b", "c"}}


async def test_a_batch_whose_answer_was_lost_is_posted_again():
    answers, said = await posted(Ingest("answer lost"), [event("a"), event("b")])

    assert answers.statuses == {"duplicate": 2}
    assert answers.known == {"order.paid": {"a", "b"}}
    assert "does not answer (ReadError)" in said[0]
    assert said[-1] == ""


@pytest.mark.parametrize("trouble", ["away", "busy"])
async def test_a_door_that_is_away_or_busy_is_tried_again(trouble):
    ingest = Ingest(trouble, trouble)

    answers, _ = await posted(ingest, [event("a")])

    assert ingest.requests == 3
    assert answers.statuses == {"accepted": 1}


async def test_only_what_the_door_asks_for_is_sent_again():
    ingest = Ingest("retry the second")

    answers, _ = await posted(ingest, [event("a"), event("b")])

    assert answers.posted == 2
    assert answers.statuses == {"accepted": 2}


async def test_patience_ends():
    with pytest.raises(StackError, match="ingest does not answer"):
        await posted(Ingest(*["away"] * 100), [event("a")], seconds=0.5)
