"""Churn: the risk that a customer does not buy again, and the customer card."""

from typing import Final

NAME: Final = "churn"
