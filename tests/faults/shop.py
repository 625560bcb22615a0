"""The shop of a run: its sources, and a programme under which time itself makes points and messages."""

import asyncio

from mandegar.http_client import HttpClient
from mandegar_local.credentials import Credentials
from mandegar_local.first_shop import make_first_shop

SHOP = "faults"
ANNOUNCED_WITHIN_SECONDS = 20.0
# Points are usable a day after payment, and warned of at that very moment.
PROGRAMME = """
version: 1
currency: IRR
earn: {points: 1, per: 100000}
hold: {days: 1}
expiry: {days: 14, warn_days: 14}
tiers: {window_days: 365, levels: [{name: bronze, spend: 0}, {name: gold, spend: 90000000, multiplier: 1.5}]}
"""


async def open_shop(ingest_url: str, loyalty_url: str, credentials: Credentials, token: str) -> None:
    """Make the shop, its sources and its programme; the keys of the sources are noted in ``credentials``."""
    await make_first_shop(ingest_url, SHOP, credentials)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/yaml"}
    since = {"effective_from": "2020-01-01T00:00:00Z"}
    async with HttpClient(base_url=loyalty_url, headers=headers) as http:
        async with asyncio.timeout(ANNOUNCED_WITHIN_SECONDS):
            # the shop is announced to loyalty through the topic
            while (answer := await http.put("/v1/programme", content=PROGRAMME, params=since)).status_code == 404:
                await asyncio.sleep(0.1)
        answer.raise_for_status()
