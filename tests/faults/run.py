"""One run: a stack, scenarios one after the other, and after each one heal, rest and check."""

import asyncio
import shutil
import signal
import time
import traceback
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from faults import own_invariants
from faults.checkers import run_all as run_all_checkers
from faults.drill import Drill
from faults.evidence import Evidence
from faults.quiet import NotQuiet, wait_until_nothing_is_due, wait_until_quiet
from faults.samples import sample
from faults.scenario import Scenario
from faults.stack import Stack, directory_of

Say = Callable[[str], None]


@dataclass
class Outcome:
    """What a scenario came to. ``broken`` is empty when everything promised held."""

    scenario: Scenario
    seconds: float = 0.0
    faults: int = 0
    figures: dict[str, Any] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    timeline: list[str] = field(default_factory=list)


async def run_all(scenarios: Sequence[Scenario], seed: int, minutes: float, say: Say) -> list[Outcome]:
    """Run scenarios in their order, on one stack as long as everything held and nobody wants one of their own."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    shutil.rmtree(directory_of(seed), ignore_errors=True)
    outcomes: list[Outcome] = []
    while rest := scenarios[len(outcomes) :]:
        outcomes += await _on_one_stack(rest, seed, minutes, say)
    return outcomes


async def _on_one_stack(scenarios: Sequence[Scenario], seed: int, minutes: float, say: Say) -> list[Outcome]:
    """The first of ``scenarios``, and those behind it that may run where it ran."""
    outcomes: list[Outcome] = []
    stack = Stack(directory_of(seed) / scenarios[0].name, seed, say)
    with scenarios[0].around(stack):
        try:
            await stack.up()
            async with _sampling(stack):
                for scenario in scenarios:
                    if outcomes and (scenario.own_stack or outcomes[-1].scenario.own_stack or outcomes[-1].broken):
                        break
                    outcomes.append(await _one(scenario, stack, minutes, say))
        finally:
            say("ending the stack")
            await stack.down()
    if not outcomes[-1].broken:
        stack.forget_data()
    return outcomes


@asynccontextmanager
async def _sampling(stack: Stack) -> AsyncIterator[None]:
    """Samples are written inside the block; that none could be is no secret."""
    samples = asyncio.create_task(sample(stack))
    try:
        yield
    finally:
        samples.cancel()
        with suppress(asyncio.CancelledError):
            await samples


def _told(error: BaseException) -> str:
    """What happened, of several at once each."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(map(_told, error.exceptions))
    at = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({at.filename}, line {at.lineno})"


async def _one(scenario: Scenario, stack: Stack, minutes: float, say: Say) -> Outcome:
    say(f"== {scenario.name}: {scenario.title}")
    began = time.monotonic()
    drill = Drill(scenario.name, stack.seed, stack, say, minutes)
    first_line = len(stack.timeline.told)
    try:
        await scenario.run(drill)
        await _heal_and_check(scenario, drill)
    except NotQuiet as error:
        drill.broken.append(str(error))
    except Exception as error:  # noqa: BLE001  the next scenario shall run, and this one is told as broken
        drill.broken.append(f"the scenario itself ended with {_told(error)}")
        await stack.heal()
    outcome = Outcome(scenario, time.monotonic() - began, drill.faults, drill.figures, drill.broken)
    outcome.timeline = stack.timeline.told[first_line:]
    say(f"== {scenario.name}: {'BROKEN' if drill.broken else 'all as promised'} ({outcome.seconds:.0f} s)")
    return outcome


async def _heal_and_check(scenario: Scenario, drill: Drill) -> None:
    stack = drill.stack
    await stack.heal()
    healed_at = time.time()
    quiet_at = await wait_until_quiet(stack, drill.say, seconds=scenario.quiet_seconds)
    drill.figures["seconds to quiet"] = round(max(quiet_at - healed_at, 0.0), 1)
    await wait_until_nothing_is_due(stack, drill.say)
    evidence = Evidence(
        seed=stack.seed,
        journal=stack.journal.path,
        databases=stack.databases,
        kafka_bootstrap=stack.bootstrap,
        topic_prefix="",
        calls=await stack.name_provider_calls(),
        services=stack.services,
        samples=stack.root / "samples.jsonl",
        timeline=stack.root / "timeline.jsonl",
        reads=stack.reads.path,
        token=stack.token,
        healed_at=healed_at,
        quiet_at=quiet_at,
    )
    drill.broken += await check(evidence, drill.say, topics_are_whole=scenario.topics_stay_whole)
    for own in drill.checks:
        await own(drill)


async def check(evidence: Evidence, say: Say, *, topics_are_whole: bool) -> list[str]:
    """What does not hold: of what each service says of its own rows, and of the invariants over the topics."""
    began = time.monotonic()
    found = await own_invariants.broken(evidence.databases)
    if topics_are_whole:
        found += [str(finding) for finding in await asyncio.to_thread(run_all_checkers, evidence) if not finding.ok]
    say(f"checked in {time.monotonic() - began:.1f} s: {len(found)} findings")
    for sentence in found:
        say(f"BROKEN {sentence}")
    return found
