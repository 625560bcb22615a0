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
        "a-shop-fills-the-quarantine",
        "room in quarantine",
        f"{_INGEST}/hallway/quarantine.py",
        "    if budget is not UNLIMITED:\n",
        "    if False:\n",
        ("tests/integration/ingest/desk/test_limits.py",),
    ),
    Mutation(
        "records-without-room-are-lost",
        "a dead letter for what has no room in quarantine",
        f"{_INGEST}/doors/raw/lane.py",
        'await keep(connection, f"ingest.{GROUP}", without_room, now)',
        "",
        ("tests/integration/ingest/desk/test_limits.py",),
    ),
    Mutation(
        "a-shop-raises-its-own-limit",
        "a source's rate within that of its shop",
        f"{_INGEST}/desk/sources/change.py",
        "is not None and wanted > of_shop:",
        "is not None and wanted < 0:",
        ("tests/integration/ingest/desk/test_limits.py",),
    ),
    Mutation(
        "dead-letters-fill-the-disk",
        "room for contents of dead letters",
        "libs/shared/src/mandegar/lanes/deadletters.py",
        "if number < CONTENTS_MAX and size <= CONTENT_BYTES_MAX:",
        "if number >= 0:",
        ("tests/integration/ingest/test_dead_letters.py",),
    ),
    Mutation(
        "pages-have-any-size",
        "pages bounded in bytes",
        "services/ingest/src/ingest/hallway/rows/history.py",
        "WHERE so_far <= $6 OR so_far = size",
        "WHERE so_far <= $6 OR true",
        ("tests/integration/ingest/desk/test_pages.py",),
    ),
    Mutation(
        "a-cut-page-ends-the-list",
        "the cursor of a page that was cut by its size",
        "services/ingest/src/ingest/hallway/rows/history.py",
        " OR lead(size) OVER latest > 0 AS more",
        " AS more",
        ("tests/integration/ingest/desk/test_pages.py",),
    ),
    Mutation(
        "a-shop-has-any-number-of-sources",
        "sources and topics of a shop",
        f"{_INGEST}/desk/sources/make.py",
        "        if count >= most:",
        "        if count >= most * 1_000_000:",
        ("tests/integration/ingest/sources/test_sources.py",),
    ),
    Mutation(
        "a-public-key-fills-the-quarantine",
        "nothing unusable of a browser is stored",
        f"{_INGEST}/domain/candidates.py",
        'return "rejected" if self.returned or self.source.trust == "browser" else status_of(self.code)',
        "return status_of(self.code)",
        ("tests/unit/ingest/doors/test_any_bytes.py",),
    ),
)
