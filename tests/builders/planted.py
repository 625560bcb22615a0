"""A person with strings of their own in every field that a shop may fill, as events of several ids."""

from typing import Any

from builders.people import identified, paid, viewed

ACCOUNT, BROWSER = "c-42", "b-7"
MAIL, OLD_MAIL = "sara.planted@example.com", "old.planted@example.com"
PHONE = "09121234567"
NAME = "سارا کاشته"
NOTE = "deliver to the blue door planted"
PLANTED = (MAIL, OLD_MAIL, "9121234567", NAME, NOTE, "planted-event", "planted attribute", "1987-06-05")


def person() -> dict[str, Any]:
    """The customer as the shop knows them."""
    return {
        "id": ACCOUNT,
        "email": MAIL,
        "phone": PHONE,
        "name": NAME,
        "birthday": "1987-06-05",
        "attributes": {"note": "planted attribute"},
        "consent": {"email": True, "sms": {"status": "granted", "at": "2026-11-20T10:00:00Z"}},
    }


def as_a_guest() -> list[dict[str, Any]]:
    """What they did under their address, in a browser, and as an account that had another address before."""
    return [
        {**paid("guest-1", {"email": MAIL, "name": NAME, "phone": PHONE}, 1), "note": NOTE},
        {**viewed("planted-event-visit", {"anonymous_id": BROWSER}, 2), "note": NOTE},
        {**viewed("first", {"id": ACCOUNT, "email": OLD_MAIL}, 3), "note": NOTE},
    ]


def as_an_account() -> list[dict[str, Any]]:
    """What they did as an account, which takes over what they did before."""
    refund = {"refund_id": "r-1", "order_id": "o-1", "currency": "IRR", "amount": "5"}
    return [
        {**paid("o-1", person(), 10), "note": NOTE},
        identified("planted-event-browser", {"id": ACCOUNT}, 11, anonymous_id=BROWSER),
        {**viewed("refund", None, 12), "type": "refund.issued", "customer": None, "data": refund, "note": NOTE},
        {**viewed("closet", {"anonymous_id": BROWSER}, 13), "note": NOTE},
    ]


def unusable() -> list[dict[str, Any]]:
    """Events that are quarantined, each by another part: amount, currency, type, time, data."""
    bad = {"order_id": "o-2", "currency": "IRR", "total": "-7"}
    return [
        {**paid("bad-1", person(), 20), "data": bad, "note": NOTE},
        {
            **paid("bad-2", {"id": "null", "email": MAIL}, 21),
            "data": {**bad, "total": "7", "currency": "XXX"},
            "note": NOTE,
        },
        {**viewed("bad-3", {"email": f" {MAIL.upper()} "}, 22), "type": "never.heard", "note": NOTE},
        {**viewed("bad-4", {"id": 7.5, "phone": PHONE}, 23), "time": "soon", "note": NOTE},
        {**viewed("bad-5", {"anonymous_id": BROWSER}, 24), "data": [NOTE]},
    ]
