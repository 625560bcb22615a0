"""A process that asks for many reservations at once: ``python -m harness.redeeming <worker url> <web url> <number>``.

It writes a line when it is ready, begins when it reads one, and writes what the answers were.
"""

import asyncio
import json
import os
import sys
from collections import Counter

from harness.databases import ServiceDatabase
from harness.in_process import in_process
from harness.loyalty_service import Loyalty
from harness.spending import reserve_until_answered
from loyalty.main import SERVICE
from mandegar.database import open_pool


async def redeem(worker_url: str, web_url: str, number: int) -> None:
    worker = await open_pool(worker_url, name="test-worker", size_max=4)
    web = await open_pool(web_url, name="test-web", size_max=4)
    database = ServiceDatabase("loyalty", worker, web, worker_url, web_url, "")
    async with in_process(SERVICE, database) as parts:
        loyalty = Loyalty(*parts)
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        asked = [reserve_until_answered(loyalty, 1, f"{os.getpid()}-{each}") for each in range(number)]
        answers = await asyncio.gather(*asked)
    print(json.dumps(Counter(str(answer.status_code) for answer in answers)), flush=True)
    worker.terminate()
    web.terminate()


if __name__ == "__main__":
    asyncio.run(redeem(sys.argv[1], sys.argv[2], int(sys.argv[3])))
