"""What each field of the forms of contracts and trials means."""

from types import MappingProxyType

from ingest.domain import contract_forms as forms
from ingest.doors.catalogue.field import CURRENCY, Field

_MONTHS = Field("Length of the period in months of the Gregorian calendar, 1 to 120", {"examples": [1]})
_DAYS = Field("Length of the period in days, 1 to 3660, if it is not given in months")
_STARTS_AT = Field(
    "From when on it runs: an instant, or a day; it may lie ahead. Defaults to the time of the event. What runs "
    "already under this id ends there",
    {"examples": ["2026-11-22"]},
)
_PLAN = Field("Name of the plan, at most 200 characters")

CONTRACTS: MappingProxyType[type, dict[str, Field]] = MappingProxyType(
    {
        forms.SubscriptionForm: {
            "subscription_id": Field("The shop's id of the contract", {"examples": ["s-1001"]}),
            "amount": Field("What one period costs, without what is charged once", {"examples": ["990000"]}),
            "currency": CURRENCY,
            "months": _MONTHS,
            "days": _DAYS,
            "starts_at": _STARTS_AT,
            "ends_at": Field(
                "Until when it runs unless it is renewed: an instant, or the last day. Defaults to one period after "
                "starts_at",
                {"examples": ["2026-12-21"]},
            ),
            "plan": _PLAN,
        },
        forms.SubscriptionEndForm: {
            "subscription_id": Field("The shop's id of the contract"),
            "ends_at": Field(
                "When it ends: an instant, or the last day. Without it a contract that was cancelled runs for what is "
                "paid, and one that has expired ended at the time of the event",
                {"examples": ["2026-12-21"]},
            ),
        },
        forms.TrialForm: {
            "trial_id": Field("The shop's id of the trial", {"examples": ["y-1"]}),
            "ends_at": Field("Until when it runs: an instant, or the last day; or give months or days"),
            "months": _MONTHS,
            "days": Field("Length in days, 1 to 3660, if neither ends_at nor months is given", {"examples": [14]}),
            "starts_at": _STARTS_AT,
            "plan": _PLAN,
        },
        forms.TrialEndForm: {
            "trial_id": Field("The shop's id of the trial"),
            "at": Field("When it ended; defaults to the time of the event", {"format": "date-time"}),
            "converted": Field(
                "Whether it became a contract. Without it, it did if a contract of the customer started from its "
                "start until 14 days after its end"
            ),
        },
    }
)
