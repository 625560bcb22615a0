"""``python -m notify serve`` and ``python -m notify migrate``."""

from mandegar.command import command_line
from notify.main import SERVICE

command_line(SERVICE)()
