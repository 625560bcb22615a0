"""``python -m churn.fitting``: a histogram as JSON on standard input, fitted parameters as JSON on standard output."""

import json
import os
import sys

from churn.fitting.fit import fit

LOW_PRIORITY = 10

if __name__ == "__main__":
    os.nice(LOW_PRIORITY)
    request = json.load(sys.stdin)
    json.dump(fit([tuple(count) for count in request["counts"]], request["through_day"]), sys.stdout)
