"""Which consent a customer's present address has, from everything that was stated, in any order of arrival.

A profile keeps two histories per channel: the addresses that events named, and the statements. Both are sets of facts,
ordered by time, so that the order and batching of arrival do not matter. A grant belongs to the address that its own
part of the event named, else to the one that was the customer's at its time. It counts for the present address if it is
not from before that address took the place of another; a withdrawal counts whatever address it named, and one that
names the present address from whenever it is.
"""

from collections.abc import Iterable, Sequence
from operator import attrgetter

from ingest.domain.stamped import Stamped
from mandegar.events.consents import Statement, in_force
from mandegar.quantities import from_us

# Facts of one history that are all kept; above it those that repeat both of their neighbours are left out, the oldest
# first, and then the oldest.
FACTS_MAX = 12
STATEMENTS = "statements:"
ADDRESSES = "addresses:"
# The field of a profile with the address of each channel.
CHANNELS = {"email": "email", "sms": "phone"}


# Facts in order of time. An address has counted since its instant; None: it was removed. A statement is
# ``{status, method, flag, address}``, without ``address`` if its event named none; statements that earlier releases
# stored have ``status`` and ``method`` alone.
History = tuple[Stamped, ...]


def with_addresses(history: History, facts: Iterable[Stamped]) -> History:
    """The history of addresses with more facts."""
    together = sorted({*history, *facts}, key=attrgetter("age"))
    while len(together) > FACTS_MAX:
        place = _between_equals(together)
        if place is None:
            # Before the second oldest it is then unknown which address the customer had.
            together[:2] = [together[1]._replace(value=None)]
        else:
            del together[place]
    return tuple(together)


def with_statements(history: History, facts: Iterable[Stamped]) -> History:
    """The history of statements with more facts; one dated statement that several events repeat is one fact."""
    unique: dict[tuple[object, ...], Stamped] = {}
    for fact in (*history, *facts):
        key = (fact.at, fact.event_id if fact.value.get("flag") else None, *sorted(fact.value.items()))
        unique[key] = min(fact, unique.get(key, fact), key=lambda each: each.event_id)
    together = sorted(unique.values(), key=lambda fact: (fact.at, fact.value["status"], fact.event_id))
    while len(together) > FACTS_MAX:
        del together[_between_equals(together) or _oldest_flag(together)]
    return tuple(together)


def address_since(addresses: Sequence[Stamped]) -> int | None:
    """Since when the present address took the place of another; None for the first one known."""
    place = len(addresses) - 1
    while place > 0 and addresses[place - 1].value == addresses[place].value:
        place -= 1
    return addresses[place].at if place > 0 else None


def statement_in_force(
    addresses: Sequence[Stamped], statements: Iterable[Stamped]
) -> tuple[Statement, str | None] | None:
    """What stands for the present address, and that address; without it if a release before stored the statement."""
    present, since = addresses[-1].value if addresses else None, address_since(addresses)
    counting = [
        fact
        for fact in statements
        if (since is None or fact.at >= since or _withdraws_from(fact, present))
        and (fact.value["status"] == "withdrawn" or _address_of(fact, addresses) == present)
    ]
    flags = [fact for fact in counting if fact.value.get("flag")]
    candidates = [fact for fact in counting if not fact.value.get("flag")] + _first_stated(flags)
    stated = {_statement(fact): fact for fact in candidates}
    statement = in_force(stated)
    if statement is None:
        return None
    return statement, present if "flag" in stated[statement].value else None


def _statement(fact: Stamped) -> Statement:
    value = fact.value
    return Statement(value["status"], from_us(fact.at), value["method"], bool(value.get("flag")))


def _first_stated(flags: Sequence[Stamped]) -> list[Stamped]:
    """The latest flag, as of when it was first stated without another in between: repeating it is no news."""
    place = len(flags) - 1
    while place > 0 and flags[place - 1].value["status"] == flags[place].value["status"]:
        place -= 1
    return list(flags[place : place + 1])


def _address_of(fact: Stamped, addresses: Sequence[Stamped]) -> str | None:
    """The address that a statement is about. The first one known is also that of the time before it was known.

    None if there was none, or if several events of one instant named different ones.
    """
    if "address" in fact.value:
        named: str | None = fact.value["address"]
        return named
    at_once: set[str | None] = {each.value for each in addresses if each.at == fact.at}
    if at_once:
        return at_once.pop() if len(at_once) == 1 else None
    before: list[str | None] = [each.value for each in addresses if each.at < fact.at]
    first: list[str | None] = [each.value for each in addresses[:1]]
    return (before or first or [None])[-1]


def _withdraws_from(fact: Stamped, address: str | None) -> bool:
    """Whether a statement withdraws consent for the address by name, whenever that became the customer's."""
    named: str | None = fact.value.get("address")
    return fact.value["status"] == "withdrawn" and named is not None and named == address


def _oldest_flag(facts: Sequence[Stamped]) -> int:
    """The place of the oldest flag, because flags never beat a dated statement; the first place if there is none."""
    return next((place for place, fact in enumerate(facts) if fact.value.get("flag")), 0)


def _between_equals(facts: Sequence[Stamped]) -> int | None:
    """The first place whose fact says the same as both of its neighbours."""
    same = (
        place
        for place in range(1, len(facts) - 1)
        if facts[place - 1].value == facts[place].value == facts[place + 1].value
    )
    return next(same, None)
