"""What events say that customers have left: stages, lifecycles and segments that waiting messages may be about."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from mandegar.events import Event
from notify.sends.moves_rows import MovedOn

MOVES: Final = frozenset(
    {"band.crossed", "band.restated", "lifecycle.changed", "stage.changed", "segment.entered", "segment.left"}
)


def moves_of(events: Sequence[Event]) -> tuple[list[MovedOn], list[UUID]]:
    """What customers have left, in the order of a batch, and the events that brought them into a segment again."""
    moves: dict[MovedOn, None] = {}
    entered: dict[tuple[str, str, str], list[UUID]] = {}
    for event in events:
        data, under = event.data, event.alias or event.customer.customer_id
        if event.type == "segment.entered":
            entered.setdefault((event.shop, under, data.segment), []).append(event.id)
            continue
        # What is said about an alias says nothing of its root.
        only = under if event.alias or getattr(data, "merged_into", None) else None
        if event.type == "segment.left":
            entered.pop((event.shop, under, data.segment), None)
            moves[MovedOn(*event.customer, only, "segment.entered", data.segment, 0)] = None
        elif event.type == "stage.changed":
            # Versions of stages count under one id.
            stage = "" if data.merged_into else data.stage
            moves[MovedOn(*event.customer, under, "stage.changed", stage, data.version)] = None
        else:
            if data.lifecycle is not None:
                moves[MovedOn(*event.customer, only, "lifecycle.changed", data.lifecycle, data.version)] = None
            if data.band != "healthy":
                moves[MovedOn(*event.customer, only, "customer.won_back", "", data.version)] = None
    return list(moves), [id_ for ids in entered.values() for id_ in ids]
