"""The routes of churn."""

from churn.routes import bands, card, risk

ROUTERS = (risk.router, bands.router, card.router)
