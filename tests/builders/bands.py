"""Events of a customer's band as churn publishes them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from builders.events import NOON, event
from mandegar.events import Event
from mandegar.events.churn import BandCrossed


def crossed(band: str = "at_risk", *, hours: float = -1, **more: Any) -> Event:
    """The customer came from cooling into ``band``."""
    data = BandCrossed(
        band=band,  # type: ignore[arg-type]
        previous="cooling", crossed_at=NOON + timedelta(hours=hours), risk=0.7, horizon_days=56,
        value_at_risk=Decimal(1_200_000), currency="IRR", model_version=1, version=1,
    )  # fmt: skip
    return event("band.crossed", data, hours=hours, **more)
