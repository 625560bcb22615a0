"""``make backtest``: what the score would have said on a shop's past, beside what then happened and what others say.

A command of its own, which loads numpy, scipy and matplotlib; no serving process imports it.
"""

import os

# It has a process per core. Threads of the linear algebra would wait for each other, and must not exist at a fork.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
