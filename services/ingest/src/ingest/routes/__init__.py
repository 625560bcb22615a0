"""The routes of ingest by use."""

from ingest.routes import customers, events, keys, quarantine, shops, sources

ROUTERS = (
    events.router,
    customers.router,
    quarantine.router,
    shops.router,
    sources.router,
    keys.router,
)
