"""How long history must be quiet before it is taken as complete."""

from datetime import timedelta

BACKFILL_QUIET = timedelta(seconds=30)
