"""``make faults``: break a stack in ways drawn from a seed, and check everything that is promised."""

import asyncio
import random
import sys
from pathlib import Path
from typing import Annotated

sys.path.insert(0, str(Path(__file__).parents[1]))

import logging

import typer
import uvloop

from faults.report import Screen
from faults.run import run_all
from faults.scenario import Scenario
from faults.scenarios import ELSEWHERE, SCENARIOS
from mandegar_local.stack_error import StackError

RANDOM = "random"


def chosen(names: str, *, short: bool, long: bool) -> list[Scenario]:
    """The scenarios to run; exits with a sentence for a name that is none."""
    if names:
        wanted = [name.strip() for name in names.split(",") if name.strip()]
        if unknown := [name for name in wanted if name not in SCENARIOS]:
            raise SystemExit(f"RUN names {unknown[0]}, which is none of: {', '.join(SCENARIOS)}")
        return [SCENARIOS[name] for name in wanted]
    if short or long:
        return [scenario for scenario in SCENARIOS.values() if scenario.short or long]
    return [SCENARIOS[RANDOM]]


def print_matrix() -> None:
    """A line for each fault, made here or not, as the documentation shows them."""
    for scenario in SCENARIOS.values():
        typer.echo(f"| {scenario.name} | {scenario.title} | {'short' if scenario.short else 'long'} |")
    for name, reason in ELSEWHERE.items():
        typer.echo(f"| {name} | {reason} | not here |")


def main(
    run: Annotated[str, typer.Option(envvar="RUN", help="Scenarios by name, such as F2,F4")] = "",
    seed: Annotated[str, typer.Option(envvar="SEED", help="What everything is drawn from")] = "",
    minutes: Annotated[str, typer.Option(envvar="MINUTES", help="How long the random run lasts")] = "",
    *,
    short: Annotated[bool, typer.Option(help="The set that decides whether a change lands")] = False,
    long: Annotated[bool, typer.Option(help="Everything that one machine can make")] = False,
    listed: Annotated[bool, typer.Option("--list", help="Name every fault, and run none")] = False,
) -> None:
    """Run scenarios; exit code 1 when anything promised did not hold."""
    if listed:
        print_matrix()
        return
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    screen = Screen()
    drawn = int(seed) if seed else random.SystemRandom().randrange(1, 1_000_000)
    lasting = float(minutes) if minutes else (1.0 if short or long else 3.0)
    scenarios = chosen(run, short=short, long=long)
    screen.say(f"seed {drawn}: {', '.join(scenario.name for scenario in scenarios)}")
    try:
        outcomes = uvloop.run(run_all(scenarios, drawn, lasting, screen.say))
    except (asyncio.CancelledError, KeyboardInterrupt):
        raise SystemExit("ended before it was done") from None
    except StackError as error:
        raise SystemExit(f"The stack did not come up: {error}") from error
    raise SystemExit(screen.verdict(outcomes, drawn, lasting))


if __name__ == "__main__":
    typer.run(main)
