"""The routes of ingest by use."""

from fastapi import APIRouter

from ingest.routes import customers, events, keys, quarantine, shops, sources

routers: list[APIRouter] = [
    events.router,
    customers.router,
    quarantine.router,
    shops.router,
    sources.router,
    keys.router,
]
