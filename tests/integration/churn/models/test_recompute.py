"""Who is stale under a shop's terms, page by page."""

from builders.orders import paid
from churn.models.recompute_rows import Page, next_stale
from churn.models.shop_rows import shop_terms
from mandegar.database import transaction


async def test_a_page_tells_who_is_stale_and_whom_of_these_to_make_due(churn):
    await churn.deliver(*(paid(f"o-{name}", customer=name) for name in "abcde"))
    worker, now = churn.database.worker, churn.clock.now()
    await worker.execute("UPDATE customers SET model_version = 7, due_at = NULL WHERE customer_id = ANY('{b,c,e}')")
    await worker.execute("UPDATE customers SET due_at = $1 WHERE customer_id = 'c'", now)

    async with transaction(worker) as connection:
        (terms,) = await shop_terms(connection)
        first = await next_stale(connection, terms, "", 3, now)
        rest = await next_stale(connection, terms, first.last or "", 3, now)

    assert first == Page(2, ["b"], "c")
    assert rest == Page(1, ["e"], None)
