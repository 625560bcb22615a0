"""``python -m churn.fitting`` reads a histogram as JSON and prints the fitted parameters as JSON."""

import json
import os
import sys

from churn.fitting.fit import fit

LOW_PRIORITY = 10

if __name__ == "__main__":
    os.nice(LOW_PRIORITY)
    request = json.load(sys.stdin)
    json.dump(fit([tuple(count) for count in request["counts"]], request["through_day"]), sys.stdout)
