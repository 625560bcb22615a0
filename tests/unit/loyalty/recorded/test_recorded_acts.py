"""Acts are read again from the topic where rules of the shop are about their types."""

from builders.accounts import DAYS, TEHRAN
from builders.events import NOON
from builders.rewarded_acts import login, review
from harness.recorded_log import recorded
from loyalty.domain.act_rules import LOGGED_IN
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
