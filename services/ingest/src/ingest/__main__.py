"""``python -m ingest serve`` and ``python -m ingest migrate``."""

from ingest.main import SERVICE
from mandegar.command import command_line

command_line(SERVICE)()
