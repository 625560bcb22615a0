"""`python -m mandegar_local.demo`: what `make demo` calls."""

import asyncio
import signal
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from mandegar_local.children import recorded
from mandegar_local.demo import reconcile, report
from mandegar_local.demo.house import House, find_or_start
from mandegar_local.demo.origin import story_ends_at
from mandegar_local.demo.play import Played, play
from mandegar_local.demo.progress import Stage
from mandegar_local.demo.reconcile import Finding
from mandegar_local.ending import end_stack
from mandegar_local.failure import StackError
from mandegar_local.places import local_places
from mandegar_local.screen import fail

_LOOK_SECONDS = 0.5


def main(
    *,
    leave: Annotated[bool, typer.Option("--exit", envvar="DEMO_EXIT", help="End when the verdict is known.")] = False,
    snapshot: Annotated[
        Path | None,
        typer.Option(envvar="MANDEGAR_DEMO_SNAPSHOT", help="Write every balance and score to this JSON file."),
    ] = None,
) -> None:
    """Play eighteen months of a real shop through the stack and show what came of them."""
    places, console = local_places(), report.wide_console()
    started_here = False
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        origin = story_ends_at(places)
        house = find_or_start(places, origin)
        started_here = house.started_here
        played = asyncio.run(play(house, origin, Stage(console), snapshot))
        findings = verdict(played)
        show(console, house, played, findings)
        if not leave:
            console.print("\nEverything stays up until Ctrl-C.", style="bold")
            while recorded(places.supervisor) is not None:
                time.sleep(_LOOK_SECONDS)
        failed = [finding for finding in findings if not finding.holds]
    except StackError as error:
        fail(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        failed = []
    finally:
        if started_here:
            console.print(f"The stack: {end_stack(places)}. Its data stay in {places.root}.")
    sys.exit(1 if failed else 0)


def verdict(played: Played) -> list[Finding]:
    """Every comparison of this run."""
    accepted = played.accepted
    return [
        *reconcile.of_the_door("history", played.history),
        *reconcile.of_the_door("live", played.live),
        *reconcile.of_live(played.moments),
        *reconcile.of_the_stream(accepted, played.streams),
        *reconcile.of_the_points(played.points),
        *reconcile.of_the_bands(played.bands["bands"], played.customers),
        *reconcile.of_the_sinks(played.messages, played.mails, played.sms),
    ]


def show(console: Console, house: House, played: Played, findings: list[Finding]) -> None:
    """Print the tables."""
    bands, version = played.bands["bands"], played.bands["model_version"]
    console.print()
    for table in (
        report.door_table(played.history, played.live),
        report.live_table(played.moments),
        report.stream_table(played.streams),
        report.points_and_bands(played.points, bands, version),
        report.at_risk_table(played.at_risk),
        report.messages_table(played.messages),
        report.verdict_table(findings),
        report.addresses_table(house, played.at_risk[0]["customer_id"] if played.at_risk else "c-1"),
    ):
        console.print(table)
    console.print(report.how_to_ask(house), markup=False, soft_wrap=True)


if __name__ == "__main__":
    typer.run(main)
