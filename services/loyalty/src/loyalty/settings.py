"""What loyalty is told by its environment: nothing beyond what every service is told."""

from mandegar.service.settings import ServiceSettings


class LoyaltySettings(ServiceSettings):
    """Settings of loyalty, read from ``MANDEGAR_*``."""
