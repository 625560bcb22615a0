"""Who has a balance asks whether it has changed: 304 while nothing but the time has, and never for another's."""

from datetime import timedelta
from urllib.parse import quote

import pytest

from builders.orders import paid
from builders.shops import shop_updated
from harness.loyalty_service import Loyalty
from harness.modelled import by_fastapi
from loyalty.account.schemas import BalanceAnswer

PATH = "/v1/customers/c/balance"


async def tag_of(loyalty: Loyalty, **who: str) -> str:
    answer = await loyalty.ask("GET", PATH, **who)
    assert answer.status_code == 200
    return str(answer.headers["etag"])


async def status(loyalty: Loyalty, tag: str, method: str = "GET", **who: str) -> int:
    answer = await loyalty.ask(method, PATH, headers={"If-None-Match": tag}, **who)
    assert answer.status_code == 304 or method == "HEAD" or answer.json()["customer_id"]
    return int(answer.status_code)


async def test_a_balance_that_has_not_changed_is_not_sent_again(loyalty: Loyalty):
    await loyalty.deliver(paid("o"))
    first = await loyalty.ask("GET", PATH)
    tag = first.headers["etag"]

    await loyalty.pass_time(hours=1)  # changes as_of alone
    again = await loyalty.ask("GET", PATH, headers={"If-None-Match": tag})

    assert tag.startswith(f'W/"{first.json()["version"]}-')
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    for answer in (first, again):
        assert answer.headers.get_list("cache-control") == ["private, no-cache"]
        assert answer.headers["vary"] == "Authorization, Origin"
    assert "content-length" not in again.headers
    assert await status(loyalty, tag, "HEAD") == 304


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("{tag}", 304), ("{strong}", 304), ("*", 304), (" {tag} ", 304), ('"a", {tag}', 304), ('{tag},W/"b"', 304),
        ('"a,b", {strong}, "c"', 304), ("{bare}", 200), ('""', 200), ("", 200), ('W/"a"', 200), ('"*"', 200),
        ("W/*", 200), ('"x{bare}"', 200), ("w/{strong}", 304), ('"{bare}', 200), ("{tag}x", 304), ("é", 200),
        (", " * 40, 200),
    ],
)  # fmt: skip
async def test_a_list_of_tags_is_compared_weakly(loyalty: Loyalty, header: str, expected: int):
    await loyalty.deliver(paid("o"))
    tag = await tag_of(loyalty)
    strong = tag.removeprefix("W/")
    value = header.format(tag=tag, strong=strong, bare=strong.strip('"'))

    answer = await loyalty.ask("GET", PATH, headers={"If-None-Match": value.encode("latin-1")})

    assert answer.status_code == expected


async def test_what_changes_the_balance_changes_the_tag(loyalty: Loyalty):
    tags = []
    for event in (paid("o-1"), paid("o-2"), paid("o-2", total="1", name="again", version=9)):
        await loyalty.deliver(event)
        tags.append(await tag_of(loyalty))
        assert [await status(loyalty, tag) for tag in tags] == [*[200] * (len(tags) - 1), 304]


async def test_a_change_by_time_alone_has_a_tag_of_its_own_before_it_is_written_and_behind(loyalty: Loyalty):
    await loyalty.deliver(paid("o"))
    held = await tag_of(loyalty)
    version = (await loyalty.balance())["version"]

    loyalty.clock.advance(timedelta(days=20))  # the hold has ended, and no timer has run
    due = await loyalty.ask("GET", PATH, headers={"If-None-Match": held})
    assert (due.status_code, due.json()["version"]) == (200, version)
    assert due.json()["available"] > 0
    assert await status(loyalty, due.headers["etag"]) == 304

    await loyalty.pass_time()
    written = await loyalty.ask("GET", PATH, headers={"If-None-Match": due.headers["etag"]})
    assert (written.status_code, written.json()["version"] > version) == (200, True)
    assert await status(loyalty, held) == 200


async def test_a_tag_is_of_one_shop_and_one_customer(loyalty: Loyalty):
    await loyalty.deliver(shop_updated(shop="evil"))
    for shop in ("s", "evil"):
        for customer in ("c", "d"):
            await loyalty.deliver(paid("o", customer=customer, shop=shop, name=f"{shop}-{customer}"))
    tags = {
        (shop, customer): (await loyalty.ask("GET", f"/v1/customers/{customer}/balance", shop=shop)).headers["etag"]
        for shop in ("s", "evil")
        for customer in ("c", "d")
    }

    assert len(set(tags.values())) == 4  # although the balances are the same
    assert await status(loyalty, tags["s", "c"], shop="evil") == 200
    assert await status(loyalty, tags["s", "c"], subject="c") == 304


async def test_a_tag_opens_nothing(loyalty: Loyalty):
    await loyalty.deliver(paid("o"))
    tag = await tag_of(loyalty)

    assert (await loyalty.ask("GET", PATH, "ops", headers={"If-None-Match": tag})).status_code == 403
    assert (await loyalty.ask("GET", PATH, subject="d", headers={"If-None-Match": "*"})).status_code == 404
    unknown = await loyalty.ask("GET", "/v1/customers/nobody/balance", headers={"If-None-Match": "*"})
    assert (unknown.status_code, unknown.headers["cache-control"]) == (404, "no-store")
    assert "etag" not in unknown.headers


async def test_a_balance_is_byte_for_byte_that_of_its_model(loyalty: Loyalty):
    """Stored, with changes that are due, and with points that expire; names and instants of every length."""
    names = ["c", "سارا-۱۲", 'quote"\\slash', "emoji 😀", "<b>&amp;"]
    await loyalty.deliver(*(paid(f"o{number}", 12_500_000, customer=name) for number, name in enumerate(names)))
    seen = set()
    for hours in (0, 0.123456, 24 * 20, 24 * 400):
        loyalty.clock.advance(timedelta(hours=hours))
        for name in names:
            answer = await loyalty.ask("GET", f"/v1/customers/{quote(name, safe='')}/balance")
            assert answer.content == await by_fastapi(BalanceAnswer, answer.content)
            assert answer.headers["content-type"] == "application/json"
            seen.add((answer.json()["next_expiry"] is None, answer.json()["pending"] > 0))
    assert len(seen) >= 2
