"""Every error is a problem answer: a stable code, one sentence, and nothing that is nobody's business."""

import json
from typing import Any, cast

import httpx2
import pytest
import structlog
from asyncpg import CharacterNotInRepertoireError, UntranslatableCharacterError

from mandegar.web import problems


def assert_problem(answer: httpx2.Response, status: int, code: str) -> dict:
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["type"] == "about:blank"
    assert body["title"]
    return body


async def test_an_unknown_path_is_404(http):
    assert_problem(await http.get("/v1/nothing"), 404, "not_found")


async def test_a_wrong_method_is_405_and_says_which_are_allowed(http):
    answer = await http.put("/v1/operations")

    assert_problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize(
    ("number", "body", "at"),
    [("x", '{"points": 1}', "path.number"), ("1", '{"points": 0}', "body.points"), ("1", "{}", "body.points")],
)
async def test_a_request_of_another_form_is_422_and_says_where(http, number, body, at):
    answer = await http.post(f"/v1/wishes/{number}", content=body, headers={"Content-Type": "application/json"})

    problem = assert_problem(answer, 422, "invalid")
    assert [error["at"] for error in problem["errors"]] == [at]


@pytest.mark.parametrize("body", ["", "{", "[]", '"x"', "null", '{"points": NaN}', '{"points": 1e400}', "\x00"])
async def test_a_body_that_cannot_be_read_is_422(http, body):
    answer = await http.post("/v1/wishes/1", content=body, headers={"Content-Type": "application/json"})

    assert_problem(answer, 422, "invalid")


async def test_what_was_sent_is_not_sent_back(http):
    answer = await http.post("/v1/wishes/1", json={"points": "sara@example.test"})

    assert_problem(answer, 422, "invalid")
    assert "sara@example.test" not in answer.text


async def test_a_problem_of_a_route_is_answered_as_it_was_raised(http):
    answer = await http.get("/v1/broken/problem")

    body = assert_problem(answer, 409, "taken")
    assert (body["detail"], body["holder"], answer.headers["x-seen"]) == ("Ask again", "b", "1")


async def test_who_should_come_back_is_told_when(http):
    answer = await http.get("/v1/broken/busy")

    assert_problem(answer, 429, "too_many_requests")
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("how", ["refused", "slow", "deadlock"])
async def test_a_transient_error_is_503_with_retry_after(http, how):
    answer = await http.get(f"/v1/broken/{how}")

    assert_problem(answer, 503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert "10.0.0.1" not in answer.text


@pytest.mark.parametrize("how", ["unique", "bug"])
async def test_our_own_fault_is_500_and_tells_nothing_of_the_customer(http, how):
    answer = await http.get(f"/v1/broken/{how}")

    assert_problem(answer, 500, "internal")
    assert "sara" not in answer.text


async def test_what_is_logged_of_a_request_is_its_route_and_never_its_path(http, monkeypatch):
    with structlog.testing.capture_logs() as lines:
        monkeypatch.setattr(problems, "log", structlog.get_logger())
        await http.get("/v1/broken/refused")

    assert [(line["event"], line["route"]) for line in lines] == [("request_unavailable", "/v1/broken/{how}")]


@pytest.mark.parametrize("error", [CharacterNotInRepertoireError("x"), UntranslatableCharacterError("x")])
async def test_a_text_that_the_database_cannot_hold_is_the_fault_of_the_request(error):
    answer = await problems.answer_unexpected(cast("Any", None), error)

    assert (answer.status_code, json.loads(answer.body)["code"]) == (422, "invalid")
