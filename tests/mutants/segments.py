"""Guards of who is in a segment, and of what is published about it."""

from mutants.mutation import Mutation

_MEMBERSHIPS = "services/churn/src/churn/memberships"
_DOMAIN = "services/churn/src/churn/domain/segments"
_ANY_ORDER = ("tests/unit/churn/memberships/test_any_order.py",)
_PERSONS = ("tests/integration/churn/segments/test_persons.py",)
_MEMBERSHIP = ("tests/integration/churn/segments/test_membership.py",)

MUTATIONS = (
    Mutation(
        "a-day-that-changes-a-membership-is-not-due",
        "the next day that changes a membership is on the timer",
        f"{_MEMBERSHIPS}/states.py",
        "state.hidden_due_at, customer.due_at = crossing_at, state.due_at",
        "pass",
        _ANY_ORDER,
    ),
    Mutation(
        "the-crossing-behind-a-day-is-forgotten",
        "what is due for the customer behind a day of their segments stays",
        f"{_MEMBERSHIPS}/states.py",
        "return state.hidden_due_at if is_of_segments else customer.due_at",
        "return None if is_of_segments else customer.due_at",
        _MEMBERSHIP,
    ),
    Mutation(
        "a-new-segment-is-published-of-everybody",
        "whom only another definition brings in is not published",
        f"{_MEMBERSHIPS}/states.py",
        "return abs(state.generation) >= segment.generation if state.generation else not entered",
        "return True",
        _MEMBERSHIP,
    ),
    Mutation(
        "the-erased-are-still-counted",
        "an erased customer is taken out of the counts of segments",
        f"{_MEMBERSHIPS}/erase.py",
        "    await change_members(connection, {}, left)\n",
        "",
        _PERSONS,
    ),
    Mutation(
        "what-is-unknown-is-false",
        "the opposite of what is unknown is unknown",
        f"{_DOMAIN}/conditions.py",
        "return None if answer is None else not answer",
        "return not answer",
        ("tests/unit/churn/domain/segments/test_conditions.py",),
    ),
)
