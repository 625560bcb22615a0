"""The recomputed figures by source put several ids of a person together as churn does."""

from builders.events import SHOP, event
from builders.merges import merges
from builders.orders import paid
from churn.verify.recompute import Bought, Told
from mandegar.calendar import shop_days
from mandegar.events.ingest import OrderMoved


def test_orders_that_moved_away_from_one_id_leave_room_for_those_of_another():
    events = [paid(f"o{n}", 5, channel="app", customer="g", days=n - 20) for n in range(4)]
    events += [event("order.moved", OrderMoved(order_id=f"o{n}", to="x"), customer="g", name=f"{n}") for n in range(4)]
    events += [*merges("g", "c"), paid("own", 7, channel="web", customer="c", days=-1)]
    told = Told(SHOP, ())
    for each in events:
        if each.type == "customer.merged":
            told.note(each)
    bought = Bought(SHOP, (), told.persons)
    for each in events:
        bought.note(each)
    assert set(bought.parts(shop_days("Asia/Tehran"))) == {("source", "web")}
