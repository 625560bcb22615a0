"""`python -m mandegar_local.demo`, which `make demo` calls."""

import asyncio
import signal
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from mandegar_local.children import running_process
from mandegar_local.demo import reconcile, report
from mandegar_local.demo.club import SCOPES, club_of
from mandegar_local.demo.demo_stack import DemoStack, find_or_start
from mandegar_local.demo.demo_time import demo_origin
from mandegar_local.demo.play import DemoResult, play
from mandegar_local.demo.progress import Stage
from mandegar_local.demo.reconcile import Finding
from mandegar_local.person.requests import token_of
from mandegar_local.screen import fail
from mandegar_local.stack_clock import StackClock, running_clock
from mandegar_local.stack_error import StackError
from mandegar_local.stack_files import local_stack_files
from mandegar_local.teardown import end_stack

_POLL_SECONDS = 0.5


def main(
    *,
    leave: Annotated[
        bool, typer.Option("--exit", envvar="DEMO_EXIT", help="Exit after the results are shown.")
    ] = False,
    snapshot: Annotated[
        Path | None,
        typer.Option(envvar="MANDEGAR_DEMO_SNAPSHOT", help="Write every balance and score to this JSON file."),
    ] = None,
) -> None:
    """Post eighteen months of a real shop's orders to the stack and show the results."""
    files, console = local_stack_files(), report.wide_console()
    started_here = False
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        origin = demo_origin(files)
        stack = find_or_start(files, origin)
        started_here = stack.started_here
        token = token_of(files, club_of(stack.shop), *SCOPES)
        results = asyncio.run(play(stack, origin, Stage(console), snapshot, club_token=token))
        findings = verdict(results)
        show(console, results, findings, running_clock(files.clock))
        if not (leave and stack.started_here):
            show_addresses(console, stack, results)
        if not leave:
            console.print("\nThe stack runs until Ctrl-C.", style="bold")
            while running_process(files.supervisor) is not None:
                time.sleep(_POLL_SECONDS)
        failed = [finding for finding in findings if not finding.holds]
    except StackError as error:
        fail(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        failed = []
    finally:
        if started_here:
            console.print(f"The stack: {end_stack(files)}. Its data is kept in {files.root}.")
    sys.exit(1 if failed else 0)


def verdict(results: DemoResult) -> list[Finding]:
    """The comparisons of this run's counts."""
    accepted = results.accepted
    return [
        *reconcile.of_the_door("history", results.history),
        *reconcile.of_the_door("live", results.live),
        *reconcile.of_live(results.moments),
        *reconcile.of_the_stream(accepted, results.streams, letters_before=results.before.dead_letters),
        *reconcile.of_the_points(results.points),
        *([] if results.club is None else reconcile.of_the_club(results.club)),
        *reconcile.of_the_bands(results.listed, results.customer_ids),
        *reconcile.of_the_sinks(results.messages, results.mails, results.sms, of_others=results.before.messages),
    ]


def show(console: Console, results: DemoResult, findings: list[Finding], clock: StackClock | None) -> None:
    """Print the tables."""
    bands, version = results.bands["bands"], results.bands["model_version"]
    console.print()
    console.print(report.clock_line(clock, time.time()), markup=False)
    console.print()
    for table in (
        report.door_table(results.history, results.live),
        report.live_table(results.moments),
        report.stream_table(results.streams),
        report.points_and_bands(results.points, bands, version),
        None if results.till is None else report.till_table(results.till),
        None if results.club is None else report.club_table(results.club),
        None if results.other_rule is None else report.other_rule_table(results.other_rule),
        report.kpis_table(results.kpis),
        report.segments_table(results.segments),
        report.at_risk_table(results.at_risk),
        report.timeline_table(results.timeline) if results.timeline else None,
        report.messages_table(results.messages),
        report.why_messages_are_withheld(results.messages),
        report.when_messages_go_out(results.messages),
        report.verdict_table(findings),
    ):
        if table is not None:
            console.print(table)


def show_addresses(console: Console, stack: DemoStack, results: DemoResult) -> None:
    """Print where to look while the stack runs."""
    customer = results.at_risk[0]["customer_id"] if results.at_risk else results.customer_ids[0]
    console.print(report.addresses_table(stack))
    console.print(report.how_to_ask(customer), markup=False, soft_wrap=True)


if __name__ == "__main__":
    typer.run(main)
