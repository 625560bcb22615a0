"""Settings of churn: those that every service has."""

from mandegar.service.settings import ServiceSettings


class ChurnSettings(ServiceSettings):
    """Read from ``MANDEGAR_*``."""
