"""Events of a customer's band as churn publishes them."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from builders.events import NOON, event
from mandegar.events import Event
from mandegar.events.churn import Band, BandCrossed, BandLeft, BandRestated


def crossed(
    band: str = "at_risk", *, hours: float = -1, version: int = 1, last_order_at: datetime | None = None, **more: Any
) -> Event:
    """The customer came from cooling into ``band``."""
    data = BandCrossed(
        band=band,  # type: ignore[arg-type]
        previous="cooling", crossed_at=NOON + timedelta(hours=hours), risk=0.7, horizon_days=56,
        value_at_risk=Decimal(1_200_000), currency="IRR", model_version=1, version=version,
        last_order_at=last_order_at,
    )  # fmt: skip
    return event("band.crossed", data, hours=hours, **more)


def left(*, hours: float = 0, version: int = 2, **more: Any) -> Event:
    """Everything that the customer had bought was cancelled or refunded."""
    data = BandLeft(previous="at_risk", left_at=NOON + timedelta(hours=hours), model_version=1, version=version)
    return event("band.left", data, hours=hours, **more)


def left_for_root(root: str, band: Band, *, version: int = 2, **more: Any) -> Event:
    """The customer turned out to be ``root``, who is in ``band``."""
    data = BandLeft(
        previous="at_risk", left_at=NOON, model_version=1, version=version, merged_into=root, band=band
    )  # fmt: skip
    return event("band.left", data, **more)


def restated(band: Band, *, version: int = 3, **more: Any) -> Event:
    """The band of a root after it was put together."""
    data = BandRestated(
        band=band, since=NOON, value_at_risk=Decimal(0), currency="IRR", model_version=1, version=version
    )  # fmt: skip
    return event("band.restated", data, **more)
