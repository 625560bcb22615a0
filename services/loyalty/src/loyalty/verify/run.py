"""``python -m loyalty verify``: recomputes balances from the topics, beside a running service or without one."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from loyalty.domain.account import Account
from loyalty.domain.money import credit_text
from loyalty.domain.posting import Balance
from loyalty.domain.units import credit_kind
from loyalty.recorded.accounts import recorded_shop
from loyalty.recorded.commands import Commands
from loyalty.recorded.read import ActsOf
from loyalty.settings import LoyaltySettings
from loyalty.verify.compare import NOTHING, Difference, OtherEntry, first_other, recomputed_balances, without
from loyalty.verify.kept_states import KeptStates, State
from loyalty.verify.state_rows import Snapshot, stored_sums, take_snapshot, version_of
from mandegar.database import transaction
from mandegar.events import CustomerKey
from mandegar.quantities import to_us
from mandegar.rebuild.run import NotRebuildable
from mandegar.rebuild.topic_records import Log
from mandegar.service.context import Context
from mandegar.service.progress import progress
from mandegar.shops import names_of_shops

# Differences that are printed of one shop.
PRINTED_MAX = 10
EXIT_DIFFERS = 2


class Verification:
    """One shop: how many customers were compared, how many are about to be settled anew, and what differs."""

    def __init__(self, context: Context[LoyaltySettings], shop: str, snapshot: Snapshot, states: KeptStates) -> None:
        self._context, self._shop, self._snapshot, self._states = context, shop, snapshot, states
        self._now = to_us(context.clock.now())
        self.customers = self.waiting = self.different = 0
        self.differences: list[Difference] = []

    async def compare(self, customer_id: str, account: Account) -> None:
        """Compare one customer of the topics."""
        state = self._states.take(customer_id)
        account = without(account, self._snapshot.dead)
        recomputed, credit = recomputed_balances(account, self._snapshot.rules, state, self._now)
        self.customers += 1
        stored = NOTHING if state is None else state.balance
        stored_credit = NOTHING if state is None else state.credit_balance
        if (recomputed, credit) == (stored, stored_credit):
            return
        if self._is_waiting(customer_id, state):
            self.waiting += 1
            return
        self.different += 1
        if len(self.differences) < PRINTED_MAX:
            entry = await self._first_other(customer_id, account, state)
            self.differences.append(Difference(customer_id, stored, recomputed, entry, stored_credit, credit))

    def compare_rest(self) -> None:
        """Those of whom the database has points and the topics nothing."""
        for state in self._states.rest():
            if not self._is_waiting(state.customer_id, state):
                self.customers += 1
                self.different += 1
                if len(self.differences) < PRINTED_MAX:
                    self.differences.append(
                        Difference(state.customer_id, state.balance, NOTHING, stored_credit=state.credit_balance)
                    )

    def _is_waiting(self, customer_id: str, state: State | None) -> bool:
        """Whether the lane beside or the timer has work of this customer's, which may be what makes the difference."""
        due_at = None if state is None else state.due_at
        if self._snapshot.is_anew:
            return True
        return customer_id in self._snapshot.waiting or (due_at is not None and due_at <= self._now)

    async def _first_other(self, customer_id: str, account: Account, state: State | None) -> OtherEntry | None:
        key = CustomerKey(self._shop, customer_id)
        async with transaction(self._context.worker) as connection:
            if state is not None and await version_of(connection, key) != state.version:
                return None
            stored = await stored_sums(connection, key)
        return first_other(account, self._snapshot.rules, state, self._now, stored)


async def verify(
    context: Context[LoyaltySettings], shop: str | None, customer: str | None, tell: Callable[[str], None]
) -> int:
    """Verify one shop, or all of them; returns how many customers differ. Raises ``NotRebuildable`` for no shop."""
    async with transaction(context.worker) as connection:
        shops = await names_of_shops(connection)
    if shop is not None and shop not in shops:
        raise NotRebuildable(f"there is no shop {shop}")
    shops = shops if shop is None else [shop]
    different = 0
    for each in shops:
        done = await verify_shop(context, each, customer)
        different += done.different
        for difference in done.differences:
            tell(told(each, difference))
        waiting = f", {done.waiting:,} of them are about to be settled anew" if done.waiting else ""
        verdict = f"{done.different:,} differ" if done.different else "every balance is what the topics make"
        tell(f"{each}: {done.customers:,} customers{waiting}: {verdict}")
    return different


async def verify_shop(context: Context[LoyaltySettings], shop: str, customer: str | None = None) -> Verification:
    """Compare the customers of a shop, or one of them, as of the offsets up to which events are applied now."""
    settings = context.settings
    where = Log(settings.broker, settings.topic_prefix, settings.partitions)
    with (
        TemporaryDirectory(prefix="mandegar-verify-") as directory,
        closing(KeptStates(Path(directory, "states"))) as states,
    ):
        snapshot = await take_snapshot(context, shop, customer, states)
        done = Verification(context, shop, snapshot, states)
        acts = ActsOf(snapshot.acts, snapshot.rules.zones)
        with progress(f"{shop} records") as bar:
            commands = Commands(snapshot.taken_at, snapshot.unpublished)
            async with recorded_shop(
                where, shop, bar.update, acts, until=snapshot.offsets, commands=commands
            ) as recorded:
                for page in recorded.pages():
                    for key, account in page.items():
                        if customer is None or key.customer_id == customer:
                            await done.compare(key.customer_id, account)
        done.compare_rest()
    return done


def told(shop: str, difference: Difference) -> str:
    """The sentence about a customer who differs."""
    here, there = _said(difference.stored, str), _said(difference.recomputed, str)
    if difference.stored_credit != difference.recomputed_credit:
        here += f"; in credit {_said(difference.stored_credit, credit_text)}"
        there += f"; in credit {_said(difference.recomputed_credit, credit_text)}"
    text = f"{shop}: {difference.customer_id} differs: stored {here}; by the topics {there}"
    entry = difference.entry
    if entry is None:
        return text
    figure = str if credit_kind(entry.kind) is None else credit_text
    return (
        f"{text}. First entry: {entry.kind} ({entry.bucket}) of {entry.order_id!r} at {entry.at:%Y-%m-%dT%H:%M:%SZ}, "
        f"cause {entry.cause or 'time'}: stored {figure(entry.stored)}, by the topics {figure(entry.recomputed)}"
    )


def _said(balance: Balance, figure: Callable[[int], str]) -> str:
    return ", ".join(f"{name} {figure(number)}" for name, number in balance._asdict().items())
