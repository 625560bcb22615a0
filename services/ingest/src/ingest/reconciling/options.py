"""How the file of a reconciliation is read, as it is stored."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import Field

from ingest.desk.inputs import Input, Zone
from ingest.domain.amounts import units_of
from ingest.domain.comparison import AmountIs
from ingest.domain.file_rows.read import RowOptions
from ingest.domain.file_rows.values import Status
from ingest.domain.sources import Shop, Source
from mandegar.database import Row
from mandegar.events.written_calendar import Calendar
from mandegar.events.written_number import Mark
from mandegar.row_files.text import Encoding


class FileOptions(Input):
    """How the file is read."""

    columns: dict[str, str] = Field(
        default={},
        max_length=50,
        description="The column of each of these, where its name does not say so: `order_id`, `total`, `refunded`, "
        "`currency`, `status`, `version`, `paid_at`, `placed_at`, `customer_id`, `email`, `phone`, `refund_id`; an "
        "empty name leaves one out",
        examples=[{"order_id": "Number", "total": "Grand total"}],
    )
    amount_is: AmountIs = Field(
        default="total", description="Whether `total` is the amount before refunds (`total`) or after them (`net`)"
    )
    unit: str | None = Field(
        default=None,
        max_length=4,
        description="Unit of amounts that name no currency: the currency of the shop, or IRT, IRHR or IRHT. Default: "
        "the unit of the shop's record of orders",
    )
    zone: Zone | None = Field(default=None, description="Zone of times without one. Default: the zone of the shop")
    calendar: Calendar = Field(
        default="auto",
        description="Calendar of the dates; `auto`: years from 1200 to 1599 are Jalali, all others Gregorian",
    )
    decimal_mark: Mark | None = Field(
        default=None, description="The decimal mark of amounts; needed where the amounts themselves do not show it"
    )
    statuses: dict[str, Status] = Field(
        default={}, max_length=100, description="What the shop's words for the status of an order mean"
    )
    encoding: Encoding = Field(default="auto", description="Encoding of the file")
    delimiter: str | None = Field(default=None, max_length=1, description="The separator between columns of CSV")

    def reading(self, shop: Shop, record: Source | None, now: datetime) -> RowOptions:
        """How rows are read; raises ``ValueError`` for a unit that is not of the shop's currency."""
        unit = self.unit or (record.unit if record is not None else None) or shop.currency
        if unit not in units_of(shop.currency):
            raise ValueError(f"unit must be {shop.currency}, the currency of the shop, or a unit of it")
        there = replace(shop, zone=ZoneInfo(self.zone)) if self.zone else shop
        source = Source("file", there, unit=unit)
        return RowOptions(
            source=source, now=now, calendar=self.calendar, mark=self.decimal_mark, statuses=self.statuses
        )


def options_of(reconciliation: Row) -> FileOptions:
    """How the file of a reconciliation is read."""
    return FileOptions.model_validate_json(reconciliation["options"])


def amount_is_of(reconciliation: Row) -> AmountIs:
    """How the amounts of the file are meant."""
    return options_of(reconciliation).amount_is
