"""``python -m churn.fitting`` reads a request, a line of JSON, then a sample, and prints a version as JSON."""

import json
import os
import sys

from churn.fitting.fit import fit
from churn.fitting.sample import read_purchases
from mandegar.calendar import shop_days

LOW_PRIORITY = 10

if __name__ == "__main__":
    os.nice(LOW_PRIORITY)
    request = json.loads(sys.stdin.buffer.readline())
    days = shop_days(request["zone"])
    purchases = read_purchases(sys.stdin.buffer, days, request["through_day"], request.get("treatments", ()))
    fitted = fit(
        purchases,
        request["through_day"],
        request["in_force"],
        request["matured"],
        request["unchecked"],
        request.get("horizon_weeks"),
    )
    json.dump(fitted, sys.stdout)
