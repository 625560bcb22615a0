"""What is published of a customer whose model hears signals."""

from datetime import timedelta

from builders.events import event
from builders.orders import paid
from churn.customers.advance import apply_acts
from churn.domain.customer import Customer, Terms
from churn.domain.forecast.heard import SignalWeights
from churn.domain.forecast.version import prior_version
from churn.domain.model import Model
from churn.domain.score import Parameters
from mandegar.calendar import shop_days
from mandegar.events.ingest import TicketChanged


def test_who_buys_after_a_complaint_is_healthy_since_no_earlier_than_the_complaint() -> None:
    learned = SignalWeights(Parameters(1.0, 2.0, 0.3, 2.0), -0.2, 0.5, 0.5, -2.5, -0.5, 0.3)
    terms = Terms(Model(1, prior_version()._replace(signals=learned)), shop_days("Asia/Tehran"), "EUR")
    customer, told = Customer("s", "c", 0), []
    complaint = event("ticket.opened", TicketChanged(ticket_id="t", sentiment=-1.0), days=-8)
    for act in (paid("a", days=-40), paid("b", days=-10), complaint, paid("d", days=-1)):
        told += apply_acts(customer, [act], terms, act.time + timedelta(seconds=1))

    crossed = [each for each in told if each.type == "band.crossed"]
    instants = [each.data.crossed_at for each in crossed]
    assert [each.data.band for each in crossed][-2:] == ["at_risk", "healthy"]
    assert instants == sorted(instants)
    assert [each.time for each in crossed] == instants
