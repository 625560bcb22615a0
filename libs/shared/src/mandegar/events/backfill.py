"""The idle time after which a customer's imported history counts as complete, if its source was not closed."""

from datetime import timedelta

BACKFILL_QUIET = timedelta(seconds=30)
