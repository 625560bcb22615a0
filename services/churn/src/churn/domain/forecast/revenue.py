"""The forecast of a shop's revenue from the customers that it has."""

from typing import Final

# So many days, from the day after the last one that a fit saw.
FORECAST_DAYS: Final = 28
