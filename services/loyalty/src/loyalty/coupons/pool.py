"""Uploading the codes of a pool: each once, whatever is sent again."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from loyalty.coupons.events import pooled_event
from loyalty.coupons.rows import BatchRow, PooledRow, insert_batch, insert_pooled
from loyalty.domain.coupons import CouponKeys
from mandegar.database import ShopConnection
from mandegar.events.coupon_codes import coupon_id, normal_form
from mandegar.outbox import write_outbox
from mandegar.tokens.sealing import seal

CODES_MAX = 100_000
# So many make a record of some tens of kilobytes. Between two batches, others are served.
BATCH = 500
TOLD_MAX = 100


class LineError(NamedTuple):
    """What is wrong with the code of a line; lines count from 1."""

    line: int
    message: str


class InvalidCodes(ValueError):
    """Some lines are no codes; nothing was stored. ``errors`` are the first of them."""

    def __init__(self, errors: list[LineError]) -> None:
        super().__init__("not codes")
        self.errors = errors


class Pooled(NamedTuple):
    """How many codes were added, and the lines whose codes came before: here, or for any reward of the shop."""

    added: int
    repeated: list[int]


async def add_to_pool(
    connection: ShopConnection, shop: str, reward: str, codes: Sequence[str], keys: CouponKeys, now: datetime
) -> Pooled:
    """Add codes, one a line, to the pool of a reward, and publish them sealed. Raises ``InvalidCodes``."""
    repeated: list[int] = []
    added, errors, seen = 0, list[LineError](), set[UUID]()
    for begin in range(0, len(codes), BATCH):
        new: dict[int, tuple[UUID, str]] = {}
        for line, code in enumerate(codes[begin : begin + BATCH], start=begin + 1):
            try:
                id_ = coupon_id(shop, normal_form(code), keys.ids)
            except ValueError as error:
                errors.append(LineError(line, str(error)))
                continue
            if id_ in seen:
                repeated.append(line)
            else:
                seen.add(id_)
                new[line] = id_, code.strip()
        if new and not errors:
            inserted = await _add_batch(connection, shop, reward, list(new.values()), keys, now)
            repeated += [line for line, (id_, _) in new.items() if id_ not in inserted]
            added += len(inserted)
        elif len(errors) >= TOLD_MAX:
            break
    if errors:
        raise InvalidCodes(errors[:TOLD_MAX])
    return Pooled(added, sorted(repeated))


async def _add_batch(
    connection: ShopConnection,
    shop: str,
    reward: str,
    codes: Sequence[tuple[UUID, str]],
    keys: CouponKeys,
    now: datetime,
) -> set[UUID]:
    batch = BatchRow(shop, uuid4(), seal("\n".join(code for _, code in codes), keys.seals))
    rows = [PooledRow(shop, id_, reward, batch.batch_id, nth) for nth, (id_, _) in enumerate(codes)]
    inserted = await insert_pooled(connection, rows)
    if inserted:
        await insert_batch(connection, batch)
        await write_outbox(connection, [pooled_event(batch, rows, inserted, now)])
    return inserted
