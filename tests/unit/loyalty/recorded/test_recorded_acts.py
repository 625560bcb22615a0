"""Acts are read again from the topic where rules of the shop are about their types."""

from builders.accounts import DAYS, TEHRAN
from builders.bands import crossed
from builders.events import NOON
from builders.merges import merges
from builders.rewarded_acts import login, review
from harness.recorded_log import recorded
from loyalty.domain.act_rules import AWAY, LOGGED_IN
from loyalty.domain.acts import key_of_act
from loyalty.recorded.read import ActsOf
from mandegar.quantities import to_us


def test_visits_are_kept_by_the_day_of_the_shop_and_other_acts_are_left_out():
    day = DAYS.day_of(to_us(NOON))
    logs = {0: [login("a"), login("b", hours=1), review("p"), login("c", hours=13)]}
    with recorded(logs, acts=ActsOf(frozenset({LOGGED_IN}), TEHRAN)) as shop:
        (page,) = shop.pages()

    ((_, account),) = page.items()
    assert {order.order_id: len(order.facts) for order in account.orders.values()} == {
        key_of_act(LOGGED_IN, str(day)): 2,
        key_of_act(LOGGED_IN, str(day + 1)): 1,
    }


def test_crossings_of_an_alias_are_those_of_the_root_and_history_calls_nobody_back():
    logs = {0: merges("g_d", "c"), 1: [crossed(customer="g_d", name="x"), crossed(hours=-9, backfill=True, name="y")]}
    with recorded(logs, acts=ActsOf(frozenset({AWAY}), TEHRAN)) as shop:
        accounts = {key.customer_id: account for page in shop.pages() for key, account in page.items()}

    assert [len(account.orders) for account in accounts.values()] == [1]
    assert accounts.keys() == {"c"}
