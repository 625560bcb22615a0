"""``make backtest``: the score on days of a shop's past, compared with what happened and with other models.

A command of its own, which loads numpy, scipy and matplotlib; no serving process imports it.
"""

import os

# It has a process per core. Threads of the linear algebra would wait for each other, and must not exist at a fork.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
