"""Settings of loyalty: those of every service."""

from mandegar.service.settings import ServiceSettings


class LoyaltySettings(ServiceSettings):
    """Settings of loyalty, read from ``MANDEGAR_*``."""
