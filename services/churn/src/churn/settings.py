"""Churn needs no settings beyond those of every service."""

from shared.settings import ServiceSettings

Settings = ServiceSettings
