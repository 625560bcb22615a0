"""Settings of loyalty, beside those of every service."""

from pydantic import Field

from mandegar.service.settings import ServiceSettings


class LoyaltySettings(ServiceSettings):
    """Settings of loyalty, read from ``MANDEGAR_*``."""

    unknown_customers_of_token: int = Field(
        default=300,
        ge=1,
        le=1_000_000,
        description="Phone numbers and ids of nobody that one token of a till may ask for in a minute; above it 429",
    )
    unknown_customers_of_shop: int = Field(
        default=6_000,
        ge=1,
        le=1_000_000,
        description="Phone numbers and ids of nobody that all tokens of a shop together may ask for in a minute; above "
        "it 429",
    )
