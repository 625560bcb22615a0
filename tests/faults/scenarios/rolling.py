"""F0: nothing breaks; every service is restarted in turn, as a deployment does it."""

from collections import Counter

from faults.drill import Drill
from faults.scenario import Scenario
from faults.topics import ids_by_topic
from mandegar_local.ports import SERVICES


async def rolling_restarts(drill: Drill) -> None:
    async with drill.load(rate=60, seconds=30):
        for service in drill.draw.sample(SERVICES, k=len(SERVICES)):
            async with drill.fault("SIGTERM and start", service):
                code, seconds = await drill.stack.replica(service).restart()
                await drill.stack.replica(service).wait_ready()
            drill.expect(code == 0, f"{service} ended with {code}")
            drill.expect(seconds < 20, f"{service} took {seconds:.1f} s to end")
    drill.after_quiet(nothing_was_published_twice)


async def nothing_was_published_twice(drill: Drill) -> None:
    """An orderly end leaves no record of which nobody knows whether it was published."""
    for topic, ids in (await ids_by_topic(drill.stack.bootstrap)).items():
        twice = sum(count - 1 for count in Counter(ids).values())
        drill.figures["records published twice"] = drill.figures.get("records published twice", 0) + twice
        drill.expect(twice == 0, f"{twice} records of {topic} were published twice")


SCENARIOS = [Scenario("F0", "no faults but rolling restarts", rolling_restarts, short=True)]
