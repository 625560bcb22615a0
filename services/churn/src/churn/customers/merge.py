"""Puts customers together who turn out to be one: the facts of aliases go to their roots, whose bands then follow."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from churn.customers.advance import is_due, settle_one
from churn.customers.events import left_for_root, left_stage_for_root, restated, united
from churn.customers.move_on import move_on
from churn.customers.rows import OLDER_ORDERS_MAX, load_any, write_customers
from churn.domain.customer import Customer, Terms
from churn.domain.lifecycle import AWAY
from churn.domain.publication import fold, recompute
from churn.domain.returns import Change, won_back_before
from churn.domain.union import has_orders, unite
from churn.memberships.rows import begin_states
from churn.models.rows import load_terms
from churn.orders.rows import complete_together, delete_older
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.events.churn import FIRST_STAGE, BandCrossed, LifecycleChanged
from mandegar.stream import Merged, needs_longer


class Union(NamedTuple):
    """A root, the aliases that it takes over, and the event that made the last of them one."""

    root: Customer
    aliases: list[Customer]
    event: Event

    @property
    def has_orders(self) -> bool:
        """Whether there are orders to take over; else nobody needs all orders of the root."""
        return has_orders(self.aliases)

    @property
    def begins(self) -> bool:
        """Whether the root has done nothing until now, and what the aliases did is no history that comes in."""
        acted = any(alias.last_event_at for alias in self.aliases)
        return self.root.last_event_at is None and acted and not any(alias.backfill_until for alias in self.aliases)

    @property
    def everybody(self) -> list[Customer]:
        """The root and the aliases."""
        return [self.root, *self.aliases]

    def takes_longer(self, now: datetime) -> bool:
        """Whether the orders are more than a batch has time to put together."""
        packs = [each.packed for each in self.everybody]
        older = sum(pack.older_count for pack in packs)
        has_more = self.has_orders or not self.root.is_folded or any(alias.signals for alias in self.aliases)
        has_more = has_more or is_due(self.root, now)
        return any(pack.is_large for pack in packs) or (has_more and older > OLDER_ORDERS_MAX)

    def changes_score(self, terms: Terms) -> bool:
        """Whether what the aliases bring along may change the root's score: orders, or signals that the model hears."""
        hears = terms.model.numbers.signals is not None
        return self.has_orders or (hears and any(alias.signals for alias in self.aliases))


async def merge(merged: Sequence[Merged], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Give what aliases have to their roots, all of them locked; returns what is published of their bands.

    Raises ``TakesLonger`` for roots of too many orders.
    """
    if not merged:
        return ()
    unions = await _unions(merged, connection)
    needs_longer(key for key, union in unions.items() if union.takes_longer(now))
    terms = await load_terms(connection, {key.shop for key in unions})
    changed = [union for key, union in unions.items() if union.changes_score(terms[key.shop])]
    whole = [each for union in changed for each in union.everybody]
    # The stage follows from the orders, too: who is not folded has to be, whatever the aliases bring. Who is due is
    # computed as well.
    whole += [union.root for union in unions.values() if not union.root.is_folded or is_due(union.root, now)]
    await complete_together(connection, {each.key: each.packed for each in whole})
    if newcomers := [key for key, union in unions.items() if union.begins]:
        await begin_states(connection, newcomers)
    outgoing: list[Event] = []
    for key in sorted(unions):
        outgoing += put_together(unions[key], terms[key.shop], now)
    aliases = [alias for union in unions.values() for alias in union.aliases]
    await delete_older(connection, [alias.key for alias in aliases if alias.packed.older_count])
    emptied = [
        Customer(
            alias.shop,
            alias.customer_id,
            alias.partition,
            version=alias.version,
            stage_version=alias.stage_version,
            stage_since=alias.stage_since,
            counted=alias.counted,
            counted_visits=alias.counted_visits,
        )
        for alias in aliases
    ]
    await write_customers(connection, [*(union.root for union in unions.values()), *emptied])
    return outgoing


async def _unions(merged: Sequence[Merged], connection: WorkerConnection) -> dict[CustomerKey, Union]:
    """The customers who become one, by their roots."""
    keys = {key for each in merged for key in (each.alias, each.root)}
    customers = await load_any(connection, keys)
    unions: dict[CustomerKey, Union] = {}
    for alias, root, event in sorted(merged):
        aliases = unions[root].aliases if root in unions else []
        unions[root] = Union(customers[root], [*aliases, customers[alias]], event)
    return unions


def put_together(union: Union, terms: Terms, now: datetime) -> list[Event]:
    """Unite a root with its aliases, who leave their bands; returns what their readers are told.

    The root is told of under a version above all that was told of any of them. It crosses into a band that none of
    them was in; one that an alias was in was told of then, and is only restated. What is due of any of them is told
    before, as a timer in time would have.
    """
    root, aliases, event = union
    settled = [told for each in union.everybody if is_due(each, now) for told in settle_one(each, terms, now)]
    bought_us = _bought_before_away(union.everybody)
    told = [alias for alias in aliases if alias.band is not None]
    is_known = any(alias.version for alias in aliases)
    root.version = max(root.version, *(alias.version for alias in aliases)) + bool(told)
    for alias in told:
        alias.version = root.version
    staged = [alias for alias in aliases if alias.stage not in {None, FIRST_STAGE}]
    for alias in staged:
        alias.stage_version, alias.stage_since = alias.stage_version + 1, now
    changes = _follow(union, told, terms, now)
    outgoing: list[Event] = []
    is_told = any(isinstance(change.data, BandCrossed) and _was_told(change.data, told) for change in changes)
    is_told = is_told or any(isinstance(change.data, LifecycleChanged) for change in changes)
    if is_told:
        outgoing.append(restated(root, event, terms, now))
    else:
        outgoing += [united(change, root, event, now) for change in changes]
    if is_known and not changes and root.band is not None:
        root.version += 1
        outgoing.append(restated(root, event, terms, now))
    if root.backfill_until is None and union.has_orders:
        # Who came back under an id that nobody knew to be theirs was told of as somebody else.
        outgoing += [united(change, root, event, now) for change in won_back_before(root, terms, bought_us)]
    outgoing += move_on(root, None, terms, now)
    outgoing += [left_stage_for_root(alias, root, event, now) for alias in staged]
    return [*settled, *(left_for_root(alias, root, event, now) for alias in told), *outgoing]


def _bought_before_away(customers: Sequence[Customer]) -> int | None:
    """When those of some customers who were told to be at risk or lost had bought last; None if nobody was."""
    bought = [each.known_at_us for each in customers if each.band in AWAY]
    return max((at for at in bought if at is not None), default=None)


def _was_told(crossed: BandCrossed, aliases: Sequence[Customer]) -> bool:
    return crossed.band in {alias.band for alias in aliases}


def _follow(union: Union, told: Sequence[Customer], terms: Terms, now: datetime) -> list[Change]:
    """Unite the facts, and bring the root's band behind them; who has nothing new that counts stays in theirs."""
    root, follows = union.root, union.changes_score(terms) or not union.root.packed
    unite(root, union.aliases)
    if root.backfill_until is None and not follows:
        return []
    if root.backfill_until is None:
        root.known_at_us = None  # who has come back is judged by all of them
        return recompute(root, terms, now)
    root.due_at = min(root.due_at or root.backfill_until, root.backfill_until)
    if root.band is None and told:
        root.band, root.band_since, root.value_at_risk = told[0].band, told[0].band_since, told[0].value_at_risk
        root.lifecycle = told[0].lifecycle
    if follows:
        fold(root, terms)
    return []
