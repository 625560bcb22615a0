"""What churn is told by its environment: nothing beyond what every service is told."""

from mandegar.service.settings import ServiceSettings


class ChurnSettings(ServiceSettings):
    """Settings of churn, read from ``MANDEGAR_*``."""
