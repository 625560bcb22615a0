"""I3, conservation: a balance is the sum of its entries, and balances, scores and figures are what the topics give."""

from faults.checkers.finding import Finding, finding
from faults.observed import Run
from faults.recompute.balances import unbalanced_ledgers, untold_entries, untold_programmes, wrong_balances
from faults.recompute.figures import wrong_figures
from faults.recompute.scores import wrong_scores


def check(run: Run) -> Finding:
    broken = [
        *unbalanced_ledgers(run),
        *untold_entries(run),
        *untold_programmes(run),
        *wrong_balances(run),
        *wrong_scores(run),
        *wrong_figures(run),
    ]
    balances, scores = len(run.rows("loyalty", "customers")), len(run.rows("churn", "customers"))
    return finding("I3 conservation", f"{balances:,} balances and {scores:,} scores recomputed", broken)
