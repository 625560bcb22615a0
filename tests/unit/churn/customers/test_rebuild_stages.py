"""A rebuild writes the stages that were published last, and leaves none on an alias."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from msgspec import structs

from builders.events import NOON, event
from churn.customers import rebuild
from mandegar.events import CustomerKey, Event
from mandegar.events.churn import Stage, StageChanged


def changed(stage: Stage, version: int, customer: str = "c", alias: str | None = None) -> Event:
    data = StageChanged(stage=stage, previous="awareness", changed_at=NOON, version=version)
    return structs.replace(event("stage.changed", data, name=f"{customer} {version}", customer=customer), alias=alias)


async def test_the_highest_version_stands_and_of_an_alias_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    written: dict[str, tuple[str, int, datetime]] = {}

    async def save(_: object, stages: Mapping[CustomerKey, Any]) -> None:
        written.update({key.customer_id: tuple(staged) for key, staged in stages.items()})

    monkeypatch.setattr(rebuild, "save_stages", save)
    told = [changed("loyalty", 3), changed("advocacy", 2), changed("decision", 4, alias="guest")]
    await rebuild.apply_stages(told, None, NOON)  # type: ignore[arg-type]

    assert written == {"c": ("loyalty", 3, NOON), "guest": ("awareness", 4, NOON)}
