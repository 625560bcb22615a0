"""What is read of the text of a review, a ticket or an answer: a number, and never a reason to refuse the event."""

import json

import pytest

from ingest.domain.candidates import Candidate
from ingest.domain.repeats import says_the_same
from ingest.domain.sentiment import sentiment_of
from mandegar.events import encode

PLAIN = {
    "review.submitted": {"product_id": "p", "rating": 4},
    "survey.responded": {"survey_id": "s", "kind": "nps", "score": 9},
    "ticket.opened": {"ticket_id": "t"},
    "ticket.closed": {"ticket_id": "t"},
}
COMPLAINT = "خیلی بد بود، با ۰۹۱۲۱۲۳۴۵۶۷ تماس بگیرید"


def event(type_, **data):
    return {"id": "e", "type": type_, "customer": {"id": "c"}, "data": {**PLAIN[type_], **data}}


@pytest.mark.parametrize("type_", PLAIN)
def test_the_number_of_a_text_is_published_and_no_word_of_it(type_, door):
    candidate = door.accepted(event(type_, text=COMPLAINT))

    assert candidate.event.data.sentiment == sentiment_of(COMPLAINT) < 0
    published = json.loads(encode(candidate.event))
    assert "text" not in published["data"]
    assert not any(word in json.dumps(published, ensure_ascii=False) for word in COMPLAINT.split())
    assert candidate.detail is None


@pytest.mark.parametrize("type_", PLAIN)
@pytest.mark.parametrize("text", [None, "", " ", "۱۲"])
def test_without_words_there_is_no_number(type_, text, door):
    assert door.accepted(event(type_)).event.data.sentiment is None
    assert door.accepted(event(type_, text=text)).event.data.sentiment is None


@pytest.mark.parametrize("type_", PLAIN)
@pytest.mark.parametrize("text", [7, 1e300, True, ["bad"], {"body": "bad"}])
def test_a_text_that_is_none_does_not_keep_the_event_back(type_, text, door):
    candidate = door.accepted(event(type_, text=text))

    assert (candidate.event.data.sentiment, candidate.code) == (None, "data_ignored")
    assert "data.text" in candidate.detail


@pytest.mark.parametrize(
    "text", ["line\none\ttwo\r\n", "\u0000bad\u0007", "bad \ud83d", "\u202ebad\u202c", "x" * 60_000, "🙂" * 4000]
)
def test_a_text_may_have_whatever_people_and_programs_write(text, door):
    assert isinstance(door.one(json.dumps(event("review.submitted", text=text)).encode()), Candidate)


@pytest.mark.parametrize(("again", "same"), [(COMPLAINT, True), (f" {COMPLAINT}\n", True), ("عالی بود", False)])
def test_the_same_event_with_another_verdict_is_another_event(again, same, door):
    first, second = (door.accepted(event("review.submitted", text=text, try_=text)) for text in (COMPLAINT, again))

    assert says_the_same(second, first.body) is same
