"""Makes customers aliases of others, in the transaction of the caller: decides, unites profiles, and publishes it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from ingest.domain.links import By
from ingest.domain.profile import Profile, contact_snapshot, customer_snapshot, united
from ingest.identity.events import Cause, Erasures, merged
from ingest.identity.profile_rows import StoredProfile, load_profiles, save_profiles
from ingest.identity.rows import Alias, load_standings, save_aliases
from ingest.identity.rules import Standing, Verdict, verdict
from mandegar.customers.erasure_rows import latest_erasures
from mandegar.customers.locking import lock_customers, root_of
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.events.derived import cause_of_merge, derived_event
from mandegar.events.ingest import AttributeType
from mandegar.shops import load_shops

Roots = dict[CustomerKey, CustomerKey]


class Wish(NamedTuple):
    """That ``alias`` become an alias of ``customer``, who may be one of another."""

    alias: CustomerKey
    customer: CustomerKey
    by: By | Literal["request"]
    cause: Cause


class Decided(NamedTuple):
    """What became of a wish: the verdict, and the root and version of its alias then."""

    verdict: Verdict
    root: CustomerKey
    version: int


async def merge_customers(
    connection: WorkerConnection,
    wishes: Sequence[Wish],
    now: datetime,
    partitions: int,
    *,
    standings: Mapping[CustomerKey, Standing],
    others: Iterable[CustomerKey] = (),
) -> tuple[list[Decided], list[Event]]:
    """Carry out the wishes that the rules allow, in their order; what became of each, and the events to publish.

    ``standings`` were read without locks, and are read again where there is something to merge. ``others`` are further
    customers whom the transaction will change: all are locked in one order.
    """
    decided, _ = _decide(wishes, standings)
    if not any(each.verdict == "merge" for each in decided):
        return decided, []
    keys = {key for wish in wishes for key in (wish.alias, wish.customer)}
    # With the roots, as far as they are known: locked afterwards they would be out of order.
    roots_before = {CustomerKey(key.shop, standings[key].root or key.customer_id) for key in keys}
    locked = await lock_customers(connection, {*keys, *roots_before, *others}, partitions)
    decided, causes = _decide(wishes, await load_standings(connection, keys | {*locked.roots.values()}))
    if not causes:
        return decided, []
    roots = {alias: each.root for alias, (each, _) in causes.items()}
    changes = [Alias(alias, root_of(alias, roots), each.version) for alias, (each, _) in causes.items()]
    erasures = Erasures(locked.erasures, await latest_erasures(connection, locked.erasures))
    outgoing = [event for each in changes for event in merged(each, causes[each.alias][1], now, erasures)]
    outgoing += await _unite_profiles(connection, changes, {alias: cause for alias, (_, cause) in causes.items()}, now)
    await save_aliases(connection, changes)
    return decided, outgoing


def _decide(
    wishes: Sequence[Wish], standings: Mapping[CustomerKey, Standing]
) -> tuple[list[Decided], dict[CustomerKey, tuple[Decided, Cause]]]:
    """What becomes of each wish, and the decision and cause of each alias that is merged now."""
    roots: Roots = {
        key: CustomerKey(key.shop, standing.root) for key, standing in standings.items() if standing.root is not None
    }
    decided: list[Decided] = []
    merges: dict[CustomerKey, tuple[Decided, Cause]] = {}
    for wish in wishes:
        root, alias_root = root_of(wish.customer, roots), root_of(wish.alias, roots)
        standing = standings[wish.alias]
        now_standing = standing._replace(
            root=None if alias_root == wish.alias else alias_root.customer_id,
            accounts=frozenset(root_of(CustomerKey(root.shop, each), roots).customer_id for each in standing.accounts),
        )
        is_ = verdict(wish.alias.customer_id, root.customer_id, wish.by, now_standing)
        if wish.alias == wish.customer:
            is_ = "itself"
        elif is_ == "itself":
            is_ = "already"  # a circle: the customer is an alias of the one who is to become theirs
        elif is_ != "already" and (standing.erased or standings.get(root, Standing()).erased):
            is_ = "erased"
        if is_ == "merge":
            each = Decided("merge", root, standing.version + 1)
            roots[wish.alias], merges[wish.alias] = root, (each, wish.cause)
            decided.append(each)
        else:
            version = merges[wish.alias][0].version if wish.alias in merges else standing.version
            decided.append(Decided(is_, alias_root, version))
    return decided, merges


async def _unite_profiles(
    connection: WorkerConnection, changes: Sequence[Alias], causes: Mapping[CustomerKey, Cause], now: datetime
) -> list[Event]:
    """Give the profiles of aliases to their roots; the snapshots of roots that anybody may know another state of.

    The version is above those of all of them: a snapshot of an alias that comes late changes nothing.
    """
    stored = await load_profiles(connection, sorted({key for each in changes for key in (each.alias, each.root)}))
    shops = await load_shops(connection, {each.root.shop for each in changes})
    of_roots: dict[CustomerKey, list[Alias]] = {}
    for each in changes:
        of_roots.setdefault(each.root, []).append(each)
    outgoing: list[Event] = []
    changed: dict[CustomerKey, StoredProfile] = {}
    for root, aliases in of_roots.items():
        parts = [stored[each.alias] for each in aliases]
        profile = united(stored[root].profile, [part.profile for part in parts])
        published = any(part.version for part in parts)
        version = max(part.version for part in (stored[root], *parts)) + published
        if published or profile != stored[root].profile:
            changed[root] = StoredProfile(version, profile)
        if published:
            outgoing += _snapshots(
                profile, version, shops[root.shop].attributes, aliases[-1], causes[aliases[-1].alias], now
            )
    await save_profiles(connection, changed)
    return outgoing


def _snapshots(
    profile: Profile,
    version: int,
    declared: Mapping[str, AttributeType],
    last: Alias,
    cause: Cause,
    now: datetime,
) -> list[Event]:
    return [
        derived_event(
            "ingest",
            type_,
            data,
            about=last.root,
            cause=cause,
            now=now,
            id_from=cause_of_merge(last.alias, last.version),
        )
        for type_, data in (
            ("contact.updated", contact_snapshot(profile, version)),
            ("customer.updated", customer_snapshot(profile, version, declared)),
        )
    ]
