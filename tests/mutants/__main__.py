"""``make mutants``: takes out one guard after the other and shows which test notices; exit 1 if none does."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

sys.path.insert(0, str(Path(__file__).parents[1]))

from rich.console import Console
from rich.table import Table

from mutants import (
    access,
    acts,
    answers,
    audit,
    backtests,
    beside,
    books,
    challenges,
    consents,
    credit,
    doors,
    edge,
    elsewhere,
    erased_persons,
    erasing,
    erasure_in_ingest,
    explained,
    facts_told,
    fairness,
    gifts,
    identity,
    imports,
    in_time,
    kpis,
    lifecycles,
    lists,
    meaning,
    merged_accounts,
    merged_customers,
    merged_messages,
    merging,
    messaging,
    moved_in,
    moving,
    processes,
    published,
    quarantine,
    reads,
    reconciling,
    recorded,
    referrals,
    remembered,
    remembered_customers,
    replays,
    rewards,
    rules,
    scores,
    segments,
    sends,
    services,
    signals,
    silence,
    spending,
    texts,
    tiers,
    till_codes,
    timelines,
    wire,
)
from mutants.mutation import Mutation, Outdated, mutated
from mutants.suite import Red, SuiteBroken, first_red
from mutants.working_copy import ROOT, WorkingCopy, working_copy

MUTATIONS = (
    *(
        *messaging.MUTATIONS,
        *moved_in.MUTATIONS,
        *moving.MUTATIONS,
        *reads.MUTATIONS,
        *recorded.MUTATIONS,
        *kpis.MUTATIONS,
        *lifecycles.MUTATIONS,
        *lists.MUTATIONS,
        *referrals.MUTATIONS,
        *books.MUTATIONS,
        *replays.MUTATIONS,
        *beside.MUTATIONS,
        *erasing.MUTATIONS,
        *merging.MUTATIONS,
        *processes.MUTATIONS,
        *published.MUTATIONS,
        *services.MUTATIONS,
        *access.MUTATIONS,
        *acts.MUTATIONS,
        *answers.MUTATIONS,
        *challenges.MUTATIONS,
        *consents.MUTATIONS,
        *edge.MUTATIONS,
        *erased_persons.MUTATIONS,
        *erasure_in_ingest.MUTATIONS,
        *fairness.MUTATIONS,
        *identity.MUTATIONS,
        *imports.MUTATIONS,
        *texts.MUTATIONS,
        *tiers.MUTATIONS,
        *till_codes.MUTATIONS,
        *timelines.MUTATIONS,
        *facts_told.MUTATIONS,
        *gifts.MUTATIONS,
    ),
    *(*wire.MUTATIONS, *sends.MUTATIONS, *audit.MUTATIONS, *meaning.MUTATIONS, *doors.MUTATIONS),
    *remembered.MUTATIONS,
    *in_time.MUTATIONS,
    *merged_accounts.MUTATIONS,
    *merged_customers.MUTATIONS,
    *merged_messages.MUTATIONS,
    *elsewhere.MUTATIONS,
    *quarantine.MUTATIONS,
    *reconciling.MUTATIONS,
    *signals.MUTATIONS,
    *silence.MUTATIONS,
    *explained.MUTATIONS,
    *backtests.MUTATIONS,
    *remembered_customers.MUTATIONS,
    *rules.MUTATIONS,
    *scores.MUTATIONS,
    *segments.MUTATIONS,
    *rewards.MUTATIONS,
    *spending.MUTATIONS,
    *credit.MUTATIONS,
)
LOGS = ROOT / ".local" / "mutants"
WHOLE_TIER = ("tests/unit", "tests/contract", "tests/integration")
console = Console(width=None if sys.stdout.isatty() else 180)


class Outcome(NamedTuple):
    """What became of one mutant; without ``red`` it survived."""

    mutation: Mutation
    red: Red | None
    seconds: float


def chosen(names: Sequence[str]) -> tuple[Mutation, ...]:
    """The mutations called ``names``, or all of them."""
    if unknown := set(names) - {mutation.name for mutation in MUTATIONS}:
        fail(f"no mutation is called {', '.join(sorted(unknown))}")
    return tuple(mutation for mutation in MUTATIONS if not names or mutation.name in names)


def require_green(copy: WorkingCopy, mutations: Sequence[Mutation]) -> None:
    """Run every test that is to notice something, with all guards in place."""
    tests = sorted({test for mutation in mutations for test in mutation.tests})
    console.print(f"[0/{len(mutations)}] with all guards in place: {len(tests)} selections")
    began = time.monotonic()
    if red := first_red(copy, tests, LOGS / "unmutated.log"):
        raise SuiteBroken(f"red without any mutation, so nothing can be shown: {red.test} - {red.reason}")
    console.print(f"      green in {time.monotonic() - began:.0f} s")


def notice(copy: WorkingCopy, mutation: Mutation, *, focused: bool) -> Outcome:
    """Take the guard out and run the tests that should notice, then, if they did not and may, all of them."""
    log, began = LOGS / f"{mutation.name}.log", time.monotonic()
    with copy.without(mutation):
        red = first_red(copy, mutation.tests, log)
        if red is None and not focused:
            console.print("      its own tests are green; now the whole tier, which takes minutes")
            red = first_red(copy, WHOLE_TIER, log)
    return Outcome(mutation, red, time.monotonic() - began)


def fail(sentence: str) -> NoReturn:
    console.print(sentence, markup=False)
    raise SystemExit(1)


def show(outcomes: Sequence[Outcome]) -> None:
    table = Table("guard", "mutation", "went red", "s")
    for column in table.columns:
        column.overflow = "fold"
    for mutation, red, seconds in outcomes:
        test = red.test.rpartition("::")[2].partition("[")[0] if red else "[bold red]SURVIVED[/]"
        table.add_row(mutation.guard, mutation.name, test, f"{seconds:.0f}")
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", help="mutations to run; all without any")
    parser.add_argument("--focused", action="store_true", help="do not try all tests where the chosen ones stay green")
    arguments = parser.parse_args()
    mutations, outcomes = chosen(arguments.names), []
    try:
        for mutation in mutations:
            mutated(mutation, ROOT)
        with working_copy() as copy:
            require_green(copy, mutations)
            for number, mutation in enumerate(mutations, start=1):
                console.print(f"[{number}/{len(mutations)}] {mutation.guard}: {mutation.name}")
                outcomes.append(notice(copy, mutation, focused=arguments.focused))
                red = outcomes[-1].red
                console.print(f"      {outcomes[-1].seconds:.0f} s  {red.test if red else 'SURVIVED'}", markup=False)
    except (Outdated, SuiteBroken) as error:
        fail(str(error))
    show(outcomes)
    survivors = [outcome.mutation.name for outcome in outcomes if outcome.red is None]
    if survivors:
        fail(f"{len(survivors)} guards may be taken out and no test notices: {', '.join(survivors)}")
    console.print(f"all {len(outcomes)} mutants were noticed")


if __name__ == "__main__":
    main()
