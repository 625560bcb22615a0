"""How long history must be quiet before it is taken as complete, wherever its source was not closed."""

from datetime import timedelta

BACKFILL_QUIET = timedelta(seconds=30)
