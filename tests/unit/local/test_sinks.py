import json
import re
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from mandegar.clock import Clock
from mandegar_local.mailbox import mail_routes, read_mail
from mandegar_local.message_store import MessageStore
from mandegar_local.sms_outbox import Gateway, gateway_routes, sms_parts


def _mail() -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "shop@example.test", "sara@example.test", "دلمان برایتان تنگ شده"
    mail["List-Unsubscribe"] = "<http://127.0.0.1/u/1>"
    mail.set_content("سلام")
    mail.add_alternative("<p dir=rtl>سلام</p>", subtype="html")
    return mail.as_bytes()


def _sms(path: Path) -> tuple[MessageStore, TestClient]:
    kept = MessageStore(path, lambda sms: [sms["receptor"]])
    return kept, TestClient(Starlette(routes=gateway_routes(Gateway(kept, "key", Clock()), kept)))


def test_a_mail_is_shown_with_its_parts_and_found_by_receiver(tmp_path: Path) -> None:
    kept = MessageStore(tmp_path / "m.jsonl", lambda mail: list(mail["to"]))
    kept.append(read_mail(_mail(), "shop@example.test", ["Sara@example.test"], "2026-11-22T08:30:00+00:00"))
    kept.append(read_mail(b"no headers at all", "x@example.test", ["other@example.test"], "2026-11-22T08:31:00+00:00"))
    client = TestClient(Starlette(routes=mail_routes(kept)))

    [mail] = client.get("/messages", params={"to": "sara@example.test"}).json()

    assert mail["subject"] == "دلمان برایتان تنگ شده"
    assert mail["headers"]["List-Unsubscribe"] == "<http://127.0.0.1/u/1>"
    assert (mail["text"].strip(), mail["html"].strip()) == ("سلام", "<p dir=rtl>سلام</p>")
    assert [m["id"] for m in client.get("/messages").json()] == [2, 1]
    assert "سلام" in client.get(f"/messages/{mail['id']}/html").text
    assert "دلمان" in client.get("/").text


def test_pages_are_bounded_and_go_back_in_time(tmp_path: Path) -> None:
    kept = MessageStore(tmp_path / "m.jsonl", lambda record: [record["to"]])
    for number in range(5):
        kept.append({"to": "a", "n": number})

    assert [r["id"] for r in kept.newest(2)] == [5, 4]
    assert [r["id"] for r in kept.newest(2, before=4)] == [3, 2]


def test_kept_records_survive_a_restart_and_a_line_cut_short_by_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    MessageStore(path, lambda record: [record["to"]]).append({"to": "a"})
    with path.open("ab") as file:
        file.write(b'{"id": 2, "to": "b')

    again = MessageStore(path, lambda record: [record["to"]])
    again.append({"to": "c"})

    assert again.newest(10) == [{"id": 2, "to": "c"}, {"id": 1, "to": "a"}]
    assert [json.loads(line)["id"] for line in path.read_text().splitlines()] == [1, 2]


def test_an_sms_is_accepted_in_the_providers_form(tmp_path: Path) -> None:
    _, client = _sms(tmp_path / "s.jsonl")

    answer = client.post(
        "/v1/key/sms/send.json",
        data={"receptor": "09121234567", "sender": "10008663", "message": "سلام", "localid": "17"},
    )

    assert answer.json()["return"] == {"status": 200, "message": "تایید شد"}
    [entry] = answer.json()["entries"]
    assert (
        entry["messageid"],
        entry["status"],
        entry["receptor"],
        entry["message"],
    ) == (1, 1, "09121234567", "سلام")


def test_the_same_localid_is_kept_once_also_after_a_restart(tmp_path: Path) -> None:
    form = {"receptor": "09121234567", "message": "سلام", "localid": "17"}
    kept, client = _sms(tmp_path / "s.jsonl")
    first = client.get("/v1/key/sms/send.json", params=form).json()
    kept.close()

    kept, client = _sms(tmp_path / "s.jsonl")

    assert first == client.post("/v1/key/sms/send.json", data=form).json()
    assert len(kept) == 1


def test_a_localid_says_what_became_of_a_message_and_an_unknown_one_is_status_100(tmp_path: Path) -> None:
    _, client = _sms(tmp_path / "s.jsonl")
    client.post("/v1/key/sms/send.json", data={"receptor": "09121234567", "message": "سلام", "localid": "17"})

    known = client.get("/v1/key/sms/statuslocalmessageid.json", params={"localid": "17"}).json()
    unknown = client.get("/v1/key/sms/statuslocalmessageid.json", params={"localid": "18"}).json()

    assert [known["entries"][0]["status"], unknown["entries"][0]["status"]] == [10, 100]


def test_wrong_requests_get_the_providers_codes_and_keep_nothing(tmp_path: Path) -> None:
    kept, client = _sms(tmp_path / "s.jsonl")
    good = {"receptor": "09121234567", "message": "سلام"}

    codes = [
        client.post("/v1/wrong/sms/send.json", data=good).status_code,
        client.post("/v1/key/sms/send.json", data={**good, "receptor": "abc"}).status_code,
        client.post("/v1/key/sms/send.json", data={**good, "message": " "}).status_code,
        client.post("/v1/key/sms/send.json", data={**good, "receptor": ",".join(["09121234567"] * 201)}).status_code,
        client.post("/v1/key/sms/nothing.json", data=good).status_code,
    ]

    assert codes == [403, 411, 413, 414, 404]
    assert len(kept) == 0


def test_persian_parts_are_70_and_67_units_and_latin_ones_160_and_153() -> None:
    assert [sms_parts("س" * n) for n in (70, 71, 134, 135)] == [1, 2, 2, 3]
    assert [sms_parts("a" * n) for n in (160, 161, 307)] == [1, 2, 3]


@pytest.fixture
def in_tehran(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The zone of this machine."""
    monkeypatch.setenv("TZ", "Asia/Tehran")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_tehran")
def test_times_on_the_pages_are_those_that_people_read(tmp_path: Path) -> None:
    mails = MessageStore(tmp_path / "m.jsonl", lambda mail: list(mail["to"]))
    mails.append(read_mail(_mail(), "shop@example.test", ["sara@example.test"], "2026-11-22T08:30:05.680269+00:00"))
    texts, sms = _sms(tmp_path / "s.jsonl")
    texts.append({"receptor": "0912", "parts": 2, "message": "سلام\nلغو 11", "received_at": "2026-11-22T22:00:00+00:00",
                  "localid": "", "messageid": 1})  # fmt: skip

    page = TestClient(Starlette(routes=mail_routes(mails))).get("/").text
    assert "Sun 22 Nov 2026, 12:00 +0330" in page
    assert "Mon 23 Nov 2026, 01:30 +0330" in sms.get("/").text
    for text in (page, sms.get("/").text):
        assert not re.search(r"\d\d:\d\d:\d\d|\+00:00|680269", text)
        assert "white-space:nowrap" in text


def test_a_subject_that_is_markup_is_shown_as_text_and_opens_its_mail(tmp_path: Path) -> None:
    mails = MessageStore(tmp_path / "m.jsonl", lambda mail: list(mail["to"]))
    mails.append(
        read_mail(b"Subject: <script>x</script>\r\n\r\nHello", "a@b.test", ["c@d.test"], "2026-11-22T08:30:00Z")
    )
    client = TestClient(Starlette(routes=mail_routes(mails)))

    assert '<a href="/messages/1/html">&lt;script&gt;x&lt;/script&gt;</a>' in client.get("/").text
    assert "Hello" in client.get("/messages/1/html").text
