"""Guards of fairness: turns and shares of shops at the door, rates, and what a public key can store."""

from mutants.mutation import Mutation

_INGEST = "services/ingest/src/ingest"
_TURNS = "tests/unit/ingest/hallway/test_turns.py"
_SHOPS_AT_THE_DOOR = "tests/integration/ingest/doors/test_turns_of_shops.py"

MUTATIONS = (
    Mutation(
        "all-shops-wait-in-one-queue",
        "turns of shops",
        f"{_INGEST}/hallway/turns.py",
        "self._shops.members.setdefault(shop, _Round())",
        'self._shops.members.setdefault("", _Round())',
        (_TURNS,),
    ),
    Mutation(
        "all-sources-of-a-shop-wait-in-one-queue",
        "turns of sources",
        f"{_INGEST}/hallway/turns.py",
        "sources.members.setdefault(source, _Queue())",
        'sources.members.setdefault("", _Queue())',
        (_TURNS,),
    ),
    Mutation(
        "one-shop-fills-the-room",
        "a shop's share of the room",
        f"{_INGEST}/hallway/room.py",
        "return self._sources[source.id] + units <= SHARE * free_to_shop or not self._held",
        "return self._held + units <= self._units or not free_to_shop",
        ("tests/unit/ingest/hallway/test_room.py",),
    ),
    Mutation(
        "large-bodies-are-parsed-in-one-go",
        "turns in parsing",
        f"{_INGEST}/hallway/parsing_turns.py",
        "loop.call_soon(self._pass_on)",
        "self._pass_on()",
        ("tests/unit/ingest/hallway/test_parsing_turns.py",),
    ),
    Mutation(
        "bodies-are-read-beyond-the-rate",
        "rate in bytes before the body",
        f"{_INGEST}/doors/receive.py",
        "_require_within_rate(context.rate_limits.wait(source, size), source, context)",
        "",
        (f"{_SHOPS_AT_THE_DOOR}::test_bytes_are_limited_before_they_are_read",),
    ),
    Mutation(
        "each-source-has-the-rate-of-its-shop",
        "rate of a shop",
        f"{_INGEST}/sources/rate.py",
        'self._bucket(source.shop.id, "shop events"',
        'self._bucket(source.id, "shop events"',
        ("tests/unit/ingest/sources/test_rate.py",),
    ),
    Mutation(
        "a-public-key-fills-the-quarantine",
        "nothing unusable of a browser is stored",
        f"{_INGEST}/domain/candidates.py",
        'return "rejected" if self.source.trust == "browser" else status_of(self.code)',
        "return status_of(self.code)",
        ("tests/unit/ingest/doors/test_any_bytes.py",),
    ),
)
