"""The statement of a month, as JSON and as a page."""

import pytest

from builders.opening import opened
from builders.orders import paid, refund
from builders.shops import shop_updated
from harness.loyalty_acts import adjust_points
from harness.tokens import token
from loyalty.statement import routes

FIELDS = ("available", "pending", "held", "debt", "lifetime")


async def asked(loyalty, **query: str):
    answer = await loyalty.get("/v1/customers/c/statement", **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def lives(loyalty) -> None:
    await loyalty.deliver(
        opened("old club", 40, backfill=False, days=-60), paid("o", days=-40), paid("p", days=-17),
        refund("p", 3_000_000, days=-9), paid("q", days=-1),
    )  # fmt: skip


async def test_opening_lines_and_closing_tie_to_the_ledger(loyalty):
    await lives(loyalty)
    months = [await asked(loyalty, month=f"2026-{month}") for month in ("09", "10", "11")]

    for body in months:
        moved = {field: sum(line["moved"][field] for line in body["lines"]) for field in FIELDS}
        assert {field: body["opening"][field] + moved[field] for field in FIELDS} == body["closing"]
    assert [body["closing"] for body in months[:-1]] == [body["opening"] for body in months[1:]]
    balance = await loyalty.balance()
    assert months[-1]["closing"] == {field: balance[field] for field in FIELDS}
    assert [body["complete"] for body in months] == [True, True, False]
    assert [(line["kind"], line["order_id"]) for line in months[-1]["lines"]] == [
        ("earn", "p"), ("reverse", "p"), ("activate", "p"), ("earn", "q"),
    ]  # fmt: skip


async def test_a_line_names_what_gave_the_points(loyalty):
    await loyalty.deliver(paid("o", days=-20), opened("old club", 40, backfill=False, days=-10))
    request = await adjust_points(loyalty)
    given = await request.send(loyalty, subject="staff-1")
    await loyalty.pass_time(hours=1)
    lines = (await asked(loyalty, month="2026-11"))["lines"]

    ids = [(line["order_id"], line["opening_id"], line["adjustment_id"]) for line in lines]
    assert ("o", None, None) in ids
    assert (None, "old club", None) in ids
    assert (None, None, given.json()["adjustment_id"]) in ids
    assert all(sum(each is not None for each in named) == 1 for named in ids)


async def test_a_jalali_month_begins_at_its_first_midnight(loyalty):
    await lives(loyalty)
    body = await asked(loyalty, month="1405-08")

    assert (body["begin"], body["until"]) == ("2026-10-22T20:30:00Z", "2026-11-21T20:30:00Z")
    assert body == await asked(loyalty, month="۱۴۰۵-۰۸")
    assert body["calendar"] == "jalali"


async def test_more_lines_than_are_listed_are_one_sum(loyalty, monkeypatch):
    await lives(loyalty)
    whole = await asked(loyalty, month="2026-11")
    monkeypatch.setattr(routes, "LINES_MAX", 2)
    body = await asked(loyalty, month="2026-11")

    assert (len(body["lines"]), body["others"], body["closing"]) == (2, 2, whole["closing"])
    moved = {field: sum(line["moved"][field] for line in body["lines"]) for field in FIELDS}
    assert {f: body["opening"][f] + moved[f] + body["of_others"][f] for f in FIELDS} == body["closing"]


async def test_the_page_is_in_the_language_that_is_asked_for_and_loads_nothing(loyalty):
    await lives(loyalty)
    pages = {
        lang: await loyalty.ask(
            "GET",
            "/v1/customers/c/statement",
            headers={"Accept": "text/html", "Accept-Language": f"{lang},de;q=0.5"},
        )
        for lang in ("fa", "en")
    }

    assert 'lang="fa" dir="rtl"' in pages["fa"].text
    assert "آذر ۱۴۰۵" in pages["fa"].text
    assert 'lang="en" dir="ltr"' in pages["en"].text
    assert "November 2026" in pages["en"].text
    for page in pages.values():
        assert page.headers["content-type"].startswith("text/html")
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "<script" not in page.text
        assert "http" not in page.text
    last_month = await loyalty.get("/v1/customers/c/statement", format="html", lang="fa", month="1405-08")
    assert "<bdi dir=ltr>q</bdi>" in last_month.text
    assert (await loyalty.get("/v1/customers/c/statement", format="html", lang="en")).text == pages["en"].text


async def test_names_that_are_markup_are_text(loyalty):
    await loyalty.deliver(shop_updated(2, name='<b onload="x">&'), paid('<i>"o"', days=-0.1, customer="<u>c"))
    page = await loyalty.get("/v1/customers/%3Cu%3Ec/statement", format="html")

    assert page.status_code == 200
    assert "&lt;b onload=&quot;x&quot;&gt;&amp;" in page.text
    assert "&lt;i&gt;&quot;o&quot;" in page.text
    assert "<u>" not in page.text
    assert "<i>" not in page.text
    assert "<b onload" not in page.text


@pytest.mark.parametrize("month", ["", "2026", "2026-13", "2026-00", "1600-01", "0001-01", "9999-12", "2026-1", "x"])
async def test_what_is_no_month_is_refused(loyalty, month):
    await loyalty.deliver(paid("o"))
    answer = await loyalty.get("/v1/customers/c/statement", month=month)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_month")


async def test_a_month_before_and_after_everything_is_empty(loyalty):
    await loyalty.deliver(paid("o", days=-20))
    past, coming = await asked(loyalty, month="1990-01"), await asked(loyalty, month="1407-01")

    assert (past["lines"], set(past["closing"].values())) == ([], {0})
    assert (coming["lines"], coming["opening"]["available"]) == ([], 100)


async def test_a_browser_reads_its_own_statement_only(loyalty):
    await loyalty.deliver(paid("o"), paid("p", customer="d"))
    headers = {"Authorization": f"Bearer {token('s', 'customers:read', subject='c')}"}

    assert (await loyalty.client.get("/v1/customers/c/statement", headers=headers)).status_code == 200
    assert (await loyalty.client.get("/v1/customers/d/statement", headers=headers)).status_code == 404
    assert (await loyalty.get("/v1/customers/nobody/statement")).status_code == 404
