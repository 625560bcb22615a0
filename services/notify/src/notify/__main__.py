"""``python -m notify serve`` and ``python -m notify migrate``."""

from notify.main import SERVICE
from shared.command import command_line

command_line(SERVICE)()
