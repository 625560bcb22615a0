"""Versions of catalogues, and what was taken of rewards, restored from what loyalty has published."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from loyalty.coupons.rows import give_back_pooled, restore_reserved
from loyalty.rewards.document import CATALOGUES
from loyalty.rewards.take_rows import CANCELLED, CONFIRMED, RESERVED, TakeRow, load_takes, save_takes
from mandegar.database import WorkerConnection
from mandegar.documents.rows import Version, record_withdrawal
from mandegar.documents.versions import restore_version
from mandegar.events import Event
from mandegar.service.rebuild_plan import REBUILD_GROUP, Rebuild
from mandegar.stream import on


async def restore_catalogues(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Store the version in each ``rewards.changed``, or withdraw it."""
    for event in events:
        data = event.data
        if data.withdrawn:
            await record_withdrawal(connection, CATALOGUES, (event.shop, "", data.version), event.recorded_time)
            continue
        version = Version(event.shop, "", data.version, data.effective_from, data.document, event.recorded_time)
        await restore_version(connection, CATALOGUES, version, now)
    return ()


async def restore_takes(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Store what each ``redemption.changed`` tells of a reward, in any order; codes of pools stay reserved."""
    await _restore(events, connection, with_customers=True)
    return ()


async def restore_stock(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """What erased customers took stays taken from the stock."""
    await _restore(events, connection, with_customers=False)
    return ()


async def _restore(events: Sequence[Event], connection: WorkerConnection, *, with_customers: bool) -> None:
    rows: dict[tuple[str, UUID], TakeRow] = {}
    codes: dict[tuple[str, UUID], tuple[str, UUID, UUID, str]] = {}
    for event in events:
        data, reward = event.data, event.data.reward
        if event.type != "redemption.changed" or reward is None or data.change not in {RESERVED, CONFIRMED, CANCELLED}:
            continue
        key, customer_id = (event.shop, data.redemption_id), event.customer.customer_id
        row = TakeRow(
            *key, customer_id if with_customers else None, reward.reward, reward.kind, reward.terms, reward.coupon,
            reward.prefix, reward.valid_days, data.change, data.reserved_at, data.expires_at,
        )  # fmt: skip
        if key not in rows or data.change != RESERVED:
            rows[key] = row
        if reward.coupon_id is not None:
            codes[key] = event.shop, reward.coupon_id, data.redemption_id, customer_id
    await save_takes(connection, list(rows.values()))
    stored = await load_takes(connection, rows) if codes else {}
    reserved: dict[tuple[str, UUID], tuple[str, UUID, UUID, str, str]] = {}
    for key, code in sorted(codes.items(), key=lambda entry: stored[entry[0]].taken_at):
        if with_customers and stored[key].state == RESERVED:
            reserved[code[:2]] = *code, stored[key].reward  # who reserved it last has it
    await restore_reserved(connection, list(reserved.values()))
    for key, take in stored.items():
        if take.state == CANCELLED:
            await give_back_pooled(connection, key[0], [key[1]])


REBUILD = Rebuild(
    reads=(
        on({"rewards.changed"}, restore_catalogues, group=REBUILD_GROUP),
        on({"redemption.changed"}, restore_takes, group=REBUILD_GROUP, of_erased=restore_stock),
    )
)
