"""Random histories of addresses, consents, clicks and customer ids, through what ingest and notify compute of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.domain.profile import Fields, Profile, contact_snapshot, fold, read_profile
from ingest.domain.stamped import Stamped
from mandegar.events.consents import Statement
from mandegar.quantities import to_us
from notify.domain.consent import About, status_of
from notify.domain.contact import Contact

DAY_0 = datetime(2026, 11, 1, tzinfo=UTC)
X, Y = "x@example.test", "y@example.test"
IDS = ("a", "b")


def day(number: int) -> datetime:
    return DAY_0 + timedelta(days=number)


@dataclass(frozen=True)
class Told:
    """An event of a shop: an address or none, a consent or none, which has a time of its own or not."""

    number: int
    customer: str
    day: int
    address: str | None
    status: str | None
    dated: int | None

    @property
    def patch(self) -> Fields:
        event_id = f"e{self.number}"
        patch: dict[str, Stamped] = {}
        if self.address is not None:
            patch["email"] = Stamped(self.address, to_us(day(self.day)), event_id)
        if self.status is not None:
            named = {} if self.address is None else {"address": self.address}
            value = {"status": self.status, "method": "shop", "flag": self.dated is None, **named}
            made = self.day if self.dated is None else min(self.dated, self.day)
            patch["consent:email"] = Stamped(value, to_us(day(made)), event_id)
        return patch


@dataclass(frozen=True)
class Click:
    """A one-click in a mail that went to an address under a customer id."""

    customer: str
    address: str
    day: int


@dataclass
class World:
    """What ingest and notify have after events arrived in one order."""

    profiles: dict[str, Profile] = field(default_factory=lambda: {id_: Profile() for id_ in IDS})
    words: dict[str, Statement] = field(default_factory=dict)
    own: dict[str, About] = field(default_factory=dict)

    def arrive(self, batch: Iterable[Told | Click]) -> None:
        for id_ in IDS:
            patches = [each.patch for each in batch if isinstance(each, Told) and each.customer == id_]
            self.profiles[id_] = read_profile(fold(self.profiles[id_], patches).document)
        for click in batch:
            if isinstance(click, Click):
                word = Statement("withdrawn", day(click.day), "one_click")
                self.words[click.address] = max(self.words.get(click.address, word), word, key=lambda each: each.at)
                said = About(word, click.address)
                self.own[click.customer] = max(
                    self.own.get(click.customer, said), said, key=lambda each: each.statement.at
                )

    def end(self) -> dict[str, tuple[str | None, str]]:
        """Address and consent of each id, as notify sees them."""
        found = {}
        for id_, profile in self.profiles.items():
            snapshot = contact_snapshot(profile, 1)
            consents = {
                channel: About(Statement(each.status, each.at, each.method, each.flag), each.address)
                for channel, each in snapshot.consents.items()
            }
            own = {"email": self.own[id_]} if id_ in self.own else {}
            contact = Contact(
                "s", id_, snapshot.email, None, None, snapshot.email_since, None, None, None, consents, own, None, None,
                None,
            )  # fmt: skip
            word = None if snapshot.email is None else self.words.get(snapshot.email)
            found[id_] = (snapshot.email, status_of(contact.consent("email", word)))
        return found


ADDRESSES = st.sampled_from([None, X, X, Y])
EVENTS = st.lists(
    st.one_of(
        st.builds(
            Told,
            st.just(0),
            st.sampled_from(IDS),
            st.integers(1, 9),
            ADDRESSES,
            st.sampled_from([None, "granted", "granted", "withdrawn"]),
            st.none() | st.integers(1, 9),
        ),
        st.builds(Click, st.sampled_from(IDS), st.sampled_from([X, Y]), st.integers(1, 9)),
    ),
    max_size=10,
).map(
    lambda events: [
        Told(place, *astuple(each)) if isinstance(each, Told) else each for place, each in enumerate(events)
    ]
)


def astuple(told: Told) -> tuple[str, int, str | None, str | None, int | None]:
    return told.customer, told.day, told.address, told.status, told.dated


def batches(draw: st.DataObject, events: list[Told | Click]) -> list[list[Told | Click]]:
    """The events in any order, cut anywhere; some come twice."""
    shuffled = draw.draw(st.permutations(events))
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(events)), max_size=3)))
    parts = [shuffled[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(events)], strict=True)]
    return [*parts, shuffled[:2]]


@settings(max_examples=1000)
@given(EVENTS, st.data())
def test_every_order_and_batching_has_one_end_and_nobody_is_written_to_without_their_own_consent(events, draw):
    at_once = World()
    at_once.arrive(events)
    in_parts = World()
    for batch in batches(draw, events):
        in_parts.arrive(batch)

    assert in_parts.end() == at_once.end()
    for id_, (address, consent) in at_once.end().items():
        if consent == "granted" and address is not None:
            assert_own_consent(id_, address, events)


def assert_own_consent(id_: str, address: str, events: list[Told | Click]) -> None:
    """The id has a grant that may be for this address, and a dated one after the last click for it."""
    told = [each for each in events if isinstance(each, Told) and each.customer == id_]
    grants = [each for each in told if each.status == "granted" and each.address in (None, address)]
    assert grants, "nobody consented"
    clicks = [each.day for each in events if isinstance(each, Click) and each.address == address]
    dated = [min(each.dated, each.day) for each in grants if each.dated is not None]
    assert not clicks or max(dated, default=0) > max(clicks), "the address was left"
    withdrawn = [min(each.dated, each.day) for each in told if each.status == "withdrawn" and each.dated is not None]
    others = [each.day for each in told if each.address not in (None, address)]
    if withdrawn and not dated:
        # Flags alone stand only after a withdrawal that was for an address before this one.
        assert others
        assert max(withdrawn) <= max(each.day for each in told if each.address == address)
