"""What the routes of segments answer: errors by line, sizes, estimates, lists by cursor and as CSV."""

import pytest

from builders.orders import paid
from builders.shops import shop_updated
from harness.segmenting import brought_over, put

pytestmark = pytest.mark.integration
WRITER = "journeys:write"


@pytest.fixture
async def churn(churn):
    await brought_over(churn)
    await churn.deliver(*[paid(f"o{number}", 10 * number, customer=f"c{number:02}") for number in range(25)])
    return churn


async def test_a_document_with_errors_is_told_each_with_its_line(churn):
    document = "version: 1\ncustomers:\n  all:\n    - band: fine\n    - orders: {at_least: x}\n    - nonsense: 1\n"
    answer = await churn.ask("PUT", "/v1/segments/wrong", WRITER, content=document)

    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_segment"
    assert [(error["line"], error["message"].split(":")[0]) for error in answer.json()["errors"]] == [
        (4, "customers.all.0.band"),
        (5, "customers.all.1.orders.at_least"),
        (6, "customers.all.2.nonsense"),
    ]


async def test_the_same_document_again_makes_no_new_version(churn):
    first = await put(churn, "some", "{orders: 1}")
    again = await put(churn, "some", "{orders: 1}")
    other = await put(churn, "some", "{orders: 2}")

    assert [each["version"] for each in (first, again, other)] == [1, 1, 2]
    assert not first["complete"]


async def test_a_list_of_members_goes_on_behind_its_cursor_and_names_everybody_once(churn):
    await put(churn, "all_of_them", "{orders: {at_least: 1}}")
    await brought_over(churn)
    found, cursor = [], None
    while True:
        query = {"limit": 10} | ({"cursor": cursor} if cursor else {})
        page = (await churn.get("/v1/segments/all_of_them/customers", **query)).json()
        found += [each["customer_id"] for each in page["customers"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert found == [f"c{number:02}" for number in range(25)]
    refused = await churn.get("/v1/segments/new/customers", cursor="all_of_them~c01")
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_cursor")


async def test_members_come_as_csv_in_one_answer(churn):
    await put(churn, "much", "{total: {at_least: 230}}")
    await brought_over(churn)
    answer = await churn.ask("GET", "/v1/segments/much/customers", headers={"Accept": "text/csv"})

    assert answer.headers["content-type"].startswith("text/csv")
    lines = answer.text.splitlines()
    assert lines[0] == "customer_id,since"
    assert [line.split(",")[0] for line in lines[1:]] == ["c23", "c24"]


async def test_an_estimate_of_a_small_shop_is_exact_and_tells_of_whom_a_value_is_missing(churn):
    async def estimate(customers: str) -> dict[str, int]:
        answer = await churn.ask(
            "POST", "/v1/segments/estimate", WRITER, content=f"version: 1\ncustomers: {customers}\n"
        )
        assert answer.status_code == 200, answer.text
        body = answer.json()
        return {name: body[name] for name in ("customers", "at_least", "at_most", "unknown", "sampled", "of")}

    exact = {"sampled": 25, "of": 25}
    assert await estimate("{total: {less_than: 100}}") == {
        "customers": 10, "at_least": 10, "at_most": 10, "unknown": 0, **exact,
    }  # fmt: skip
    assert await estimate("{not: {tier: gold}}") == {
        "customers": 0, "at_least": 0, "at_most": 0, "unknown": 25, **exact,
    }  # fmt: skip


async def test_what_a_shop_has_not_written_is_unknown_and_what_is_built_in_stays(churn):
    asked = [
        ("GET", "/v1/segments/none", "customers:read"),
        ("DELETE", "/v1/segments/none", WRITER),
        ("GET", "/v1/segments/none/customers", "customers:read"),
        ("GET", "/v1/customers/nobody/segments", "customers:read"),
        ("DELETE", "/v1/segments/champions", WRITER),
    ]
    answers = [await churn.ask(*each) for each in asked]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (404, "unknown_segment"), (404, "unknown_segment"), (404, "unknown_segment"), (404, "unknown_customer"),
        (409, "built_in"),
    ]  # fmt: skip


async def test_the_segments_of_a_shop_are_not_those_of_another(churn):
    await churn.deliver(shop_updated(shop="t"), paid("x", customer="theirs", shop="t"))
    await put(churn, "mine", "{orders: {at_least: 1}}")
    await brought_over(churn)

    answer = await churn.get("/v1/segments", shop="t")
    listed = {each["name"]: each["customers"] for each in answer.json()["segments"]}
    assert "mine" not in listed
    assert listed["new"] == 1
    assert (await churn.get("/v1/segments/mine/customers", shop="t")).status_code == 404


async def test_the_segments_of_a_customer_are_not_for_the_customers_own_token(churn):
    path = "/v1/customers/c01/segments"

    assert (await churn.get(path)).status_code == 200
    assert (await churn.ask("GET", path, subject="c01")).status_code == 403
