"""The table of the README: what each answer of the SMS gateway means, tried on a real connection."""

import json
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import SecretStr

from harness.listening import listening
from notify.channels.channel import Outgoing
from notify.channels.sms.kavenegar import KavenegarChannel, local_id

README = Path(__file__).parents[4] / "services/notify/README.md"
SEND = UUID("0b1d3f6e-1111-5222-8333-444455556666")
OURS = local_id(SEND)

# In the words of the README: of a send, and of a look-up ("later": it is asked again).
SENDS = {
    "sent": ("accepted", False),
    "refused": ("refused", False),
    "again!": ("retry", True),
    "unknown": ("unknown", False),
    "unknown!": ("unknown", True),
}
LOOK_UPS = {"sent": "accepted", "refused": "refused", "again": "retry", "later": None}
# ``return.status`` as Kavenegar documents it.
ABOUT_US = (
    *(400, 401, 403, 404, 405, 406, 407, 409, 412, 414, 415, 416, 417, 418, 419, 420, 424, 426, 427, 428, 429),
    *(431, 432, 451, 501, 604, 607),
)
UNREADABLE = (b"", b"null", b"[]", b"oops", b"{", b"<html>", b"\xff\xfe", b"[" * 60_000, b"7", b'"x"', b'{"entries":7}')


def http(status, body=b""):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return b"HTTP/1.1 %d x\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % (status, len(raw)) + raw


def returned(status, *, over=None, entries=None):
    return http(over or status, {"return": {"status": status, "message": "09121234567"}, "entries": entries})


def entry(status, **more):
    return returned(200, entries=[{"messageid": 85463238, "status": status, **more}])


WITH_OUR_NUMBER = ({}, {"localid": OURS}, {"localid": str(OURS)})
NOT_CARRIED_OUT = (400, 401, 403, 404, 405, 407, 411, 413, 414, 415, 422, 429, 431)
ROWS = {
    "entry with status 1, 2, 4, 5 or 10": (
        [entry(status, **more) for status in (1, 2, 4, 5, 10) for more in WITH_OUR_NUMBER]
        + [http(200, {"entries": {"status": 1}}), http(200, {"entries": [{"status": 1}]})],
        "sent",
        "sent",
    ),
    "entry with status 6, 11, 13 or 14": ([entry(status) for status in (6, 11, 13, 14)], "refused", "refused"),
    "entry with status 100": ([entry(100), entry(100, localid=OURS)], "unknown", "again"),
    "entry with any other status, or none": (
        [entry(status) for status in (0, 3, 50, 77, -1, True, 1.0, "1", None, [1], {"a": 1}, 10**30)],
        "unknown",
        "later",
    ),
    "entry of another message": (
        [entry(status, localid=other) for status in (1, 14, 100) for other in (OURS + 1, "7", [OURS], True)],
        "unknown",
        "later",
    ),
    "entry beside a `return.status` or HTTP status that is not 200": (
        [returned(code, over=over, entries=[{"status": 1}]) for code, over in ((418, 200), (200, 500), (411, 411))],
        "unknown",
        "later",
    ),
    "`return.status` 411, 413 or 422: number, text, characters": (
        [returned(status, over=over) for status in (411, 413, 422) for over in (None, 200)],
        "refused",
        "later",
    ),
    "`return.status` about our request, account, key, rights, sender, IP or rate, or the gateway's load (409)": (
        [returned(status, over=over) for status in ABOUT_US for over in (200, status if status < 600 else 200)],
        "again!",
        "later",
    ),
    "any other `return.status` (402: it failed)": (
        [returned(status, over=200) for status in (0, 99, 200, 201, 402, 408, 500, 502, 503, 800, 813, -1, 10**30)],
        "unknown!",
        "later",
    ),
    "`return.status` that contradicts the HTTP status": (
        [returned(411, over=500), returned(418, over=503), returned(418, over=403), returned(501, over=500)],
        "unknown!",
        "later",
    ),
    "HTTP 400 to 451 of a request that was not carried out, without `return.status`": (
        [http(status, body) for status in NOT_CARRIED_OUT for body in (b"", b"<html>")],
        "again!",
        "later",
    ),
    "any other HTTP status, or an answer that cannot be read": (
        [http(status) for status in (201, 204, 302, 402, 408, 410, 499, 500, 501, 502, 503, 504, 599, 999)]
        + [http(200, body) for body in UNREADABLE]
        + [http(200, b'{"entries":[{"status":1}]}' + b" " * 70_000), b"220 mail.test\r\n", b"\0" * 100],
        "unknown!",
        "later",
    ),
    "hang-up, or no whole answer in time": (
        [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", None],
        "unknown!",
        "later",
    ),
    "no connection": ([], "again!", "later"),
}  # fmt: skip


class Gateway:
    """Answers every request with ``answer``, or never (None); counts the calls."""

    def __init__(self, answer):
        self.answer, self.calls = answer, 0

    async def __call__(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(head.partition(b"content-length:")[2].split()[0]))
        self.calls += 1
        if self.answer is None:
            await reader.read()
        writer.write(self.answer or b"")
        await writer.drain()


async def ask(url):
    channel = KavenegarChannel(url, SecretStr("k"), timeout=0.5)
    sent = await channel.send(Outgoing(SEND, "+989121234567", "10004346", b"x"))
    found = await channel.lookup(SEND)
    await channel.close()
    return sent, found


@pytest.mark.parametrize("row", ROWS)
async def test_each_answer_means_what_the_table_says(row):
    answers, of_send, of_lookup = ROWS[row]
    for answer in answers:
        gateway = Gateway(answer)
        async with listening(gateway) as port:
            sent, found = await ask(f"http://127.0.0.1:{port}")
        assert (sent.kind, sent.fault is not None) == SENDS[of_send], (answer, sent)
        assert (found.kind if found else None) == LOOK_UPS[of_lookup], (answer, found)
        assert gateway.calls == 2
        assert "0912" not in (sent.code or "")
    if not answers:
        sent, found = await ask("http://127.0.0.1:9")
        assert ((sent.kind, sent.fault is not None), found) == (SENDS[of_send], LOOK_UPS[of_lookup])


def rows():
    yield "| answer | a send is | a look-up says |"
    yield "|---|---|---|"
    for row, (_, of_send, of_lookup) in ROWS.items():
        yield f"| {row} | {of_send} | {of_lookup} |"


def test_the_readme_has_this_table():
    expected = "\n".join(rows())

    assert expected in README.read_text(), f"the README must contain:\n{expected}"
