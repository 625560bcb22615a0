"""What shops write about contracts and trials; see ``forms``, which has the other forms."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(slots=True)
class SubscriptionForm:
    subscription_id: str | int
    amount: Decimal
    currency: str | None = None
    months: int | None = None
    days: int | None = None
    starts_at: str | float | None = None
    ends_at: str | float | None = None
    plan: str | int | None = None


@dataclass(slots=True)
class SubscriptionEndForm:
    subscription_id: str | int
    ends_at: str | float | None = None


@dataclass(slots=True)
class TrialForm:
    trial_id: str | int
    ends_at: str | float | None = None
    months: int | None = None
    days: int | None = None
    starts_at: str | float | None = None
    plan: str | int | None = None


@dataclass(slots=True)
class TrialEndForm:
    trial_id: str | int
    at: str | float | None = None
    converted: bool | None = None


ContractForm = SubscriptionForm | SubscriptionEndForm | TrialForm | TrialEndForm

CONTRACT_FORMS: dict[str, type[ContractForm]] = {
    "subscription.started": SubscriptionForm,
    "subscription.renewed": SubscriptionForm,
    "subscription.cancelled": SubscriptionEndForm,
    "subscription.expired": SubscriptionEndForm,
    "trial.started": TrialForm,
    "trial.ended": TrialEndForm,
}
