"""Data of the events about what a shop promised a customer, and whether it kept that."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from mandegar.events.ingest import Id

# Some that shops share: delivery, refund, call_back.
PromiseKind = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_-]{0,59}$")]


class PromiseMade(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The shop promised something until ``due_at``, about the order if it names one. ``kind`` is a word of the shop."""

    promise_id: Id
    kind: PromiseKind
    due_at: datetime
    order_id: Id | None = None


class PromiseSettled(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The promise was kept, or was broken, ``at`` an instant: at the time of the event if the shop states none."""

    promise_id: Id
    at: datetime | None = None
